/**
 * The words of the method's default phrases, with the full stop and the placeholder "x" of the context tokens, as token
 * ids of the vocabulary that OpenAI published. OpenAI's `.pt` files bring no vocabulary; with this table they work all
 * the same. A test compares it with the vocabulary itself where that is at hand.
 */
export const defaultPhraseTokens: Readonly<Record<string, readonly number[]>> = {
  '.': [269],
  abnormal: [40934],
  abnormality: [596, 28748, 696],
  asymptomatic: [8524, 1037, 999, 2647],
  clear: [3143],
  condition: [7336],
  disease: [5336],
  evidence: [6439],
  finding: [6002],
  findings: [16529],
  good: [886],
  health: [1728],
  healthy: [3782],
  impaired: [28028],
  in: [530],
  lesion: [534, 1015],
  negative: [8869],
  no: [871],
  normal: [5967],
  of: [539],
  pathological: [18534, 4791],
  positive: [4844],
  symptomatic: [11468, 999, 2647],
  unremarkable: [569, 12404],
  x: [343],
};
