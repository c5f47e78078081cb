/** How pictures are made for the network: written into every calibration profile, and followed by whoever uses one. */
import { z } from 'zod';
import { Fault } from '../fault.ts';
import { DEFAULT_RECIPE, type ModelInputRecipe, PREPROCESSING_VERSION } from '../imaging/model-image.ts';

const recipeSchema: z.ZodType<ModelInputRecipe> = z.strictObject({
  version: z.literal(PREPROCESSING_VERSION),
  ctWindow: z.union([z.literal('auto'), z.strictObject({ center: z.number(), width: z.number().positive() })]),
  percentiles: z.strictObject({ low: z.number(), high: z.number() }),
  radiographs: z.enum(['as-stored', 'percentiles']),
  margins: z.enum(['black', 'as-stored']),
});

/** What a profile says of its preprocessing (profile.ts). */
export const preprocessingOf = (recipe: ModelInputRecipe = DEFAULT_RECIPE): string =>
  `imaging ${JSON.stringify(recipe)}`;

/**
 * The recipe that a profile was calibrated on.
 * @throws Fault `bad-profile` where it is another version's: the same image would give another picture now
 */
export function recipeOf(preprocessing: string, path?: string): ModelInputRecipe {
  try {
    return recipeSchema.parse(JSON.parse(preprocessing.replace(/^imaging /, '')));
  } catch (cause) {
    throw new Fault(
      'bad-profile',
      'This calibration was made by a version of the application that prepares images in another way. Bring the workstations to the same version, or calibrate again.',
      { ...(path === undefined ? {} : { path }), cause },
    );
  }
}
