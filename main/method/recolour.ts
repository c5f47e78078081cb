/** A change that was made in grey, in the picture as the network sees it when it judges. */
import type { Image8 } from './image.ts';

/**
 * Adds what changed in grey to every channel of the picture; all of one size. An unchanged place stays as it is, and a
 * grey picture becomes the changed one. Without it a picture would differ from its normal by having no colour.
 */
export function recolour(picture: Image8, grey: Image8, changed: Image8): Image8 {
  const { channels } = picture;
  const data = picture.data.map((value, i) => {
    const place = channels === 1 ? i : Math.floor(i / 3);
    return Math.min(255, Math.max(0, value + changed.data[place]! - grey.data[place]!));
  });
  return { ...picture, data };
}

/** Channels that lie so many levels apart are a colour, in more than this share of the pixels. */
const COLOUR_LEVELS = 24;
const COLOUR_SHARE = 0.001;

/** Whether a picture is in colour: many a grey one is stored as three channels, nearly equal. */
export function isColour({ channels, data }: Image8): boolean {
  if (channels === 1) return false;
  let coloured = 0;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > COLOUR_LEVELS) coloured++;
  }
  return coloured > COLOUR_SHARE * (data.length / 3);
}
