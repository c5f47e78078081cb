/** What an administrator settles for everyone on a machine. Whatever is not named stays the user's own choice. */
import { z } from 'zod';
import { pacsNodeSchema } from './pacs.ts';

export const policySchema = z.strictObject({
  /** The one model that may be calibrated. */
  model: z.string().min(1).max(120).optional(),
  /** For whom reports are signed: Verifying Organization of DICOM. */
  organization: z.string().min(1).max(64).optional(),
  /** The window's language. */
  language: z.enum(['en', 'de']).optional(),
  /** False: nothing connects to anything, and nothing listens. */
  network: z.boolean().optional(),
  /** The nodes that there are; none is added or removed by users. */
  nodes: z.array(pacsNodeSchema).max(100).optional(),
  /** Studies without a signed report go so many days after their last image came; signed ones stay. */
  retention: z.strictObject({ studyDays: z.int().min(1).max(36_500) }).optional(),
  /** After how many minutes without anybody at it the window of an encrypted data folder locks. */
  lockAfterMinutes: z
    .number()
    .positive()
    .max(24 * 60)
    .optional(),
  /** Backups that the window makes by itself, and how many of them are kept. */
  backup: z
    .strictObject({
      folder: z.string().min(1).max(4096).optional(),
      everyHours: z
        .number()
        .min(1)
        .max(24 * 31)
        .optional(),
      keep: z.int().min(1).max(1000).optional(),
    })
    .optional(),
});
export type Policy = z.infer<typeof policySchema>;
