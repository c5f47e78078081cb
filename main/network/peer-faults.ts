/** What goes wrong between this workstation and a node, in sentences. */
import { Fault } from '../fault.ts';

/** The node did not answer, or the line was cut. */
export function unreachable(node: string, what: string, cause?: unknown): Fault {
  return new Fault('peer-unreachable', `${node} ${what}`, { cause });
}

/** The node said no. */
export function refused(node: string, what: string, cause?: unknown): Fault {
  return new Fault('peer-refused', `${node} ${what}`, { cause });
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'does not answer at its address and port. Check both, and whether it is running.',
  ENOTFOUND: 'has a host name that nobody knows. Check it.',
  EAI_AGAIN: 'has a host name that cannot be looked up right now.',
  ETIMEDOUT: 'did not answer in time.',
  EHOSTUNREACH: 'cannot be reached from this network.',
  ENETUNREACH: 'cannot be reached from this network.',
  ECONNRESET: 'cut the line.',
  EPIPE: 'cut the line.',
};

/**
 * What TLS says when it fails, the first that fits, in the code or the message. Alerts (RFC 8446 section 6.2) are what the
 * other side says; the rest is what we found.
 */
const TLS_SENTENCES: readonly (readonly [RegExp, string])[] = [
  [
    /alert (certificate|bad certificate|unknown ca|unsupported certificate)/i,
    'wants a certificate of this workstation that it trusts. Name one, and its key, in the node.',
  ],
  [
    /cert has expired|cert not yet valid/i,
    "shows a certificate that is not valid today. Its administrator has to renew it, or this computer's clock is wrong.",
  ],
  [/altname/i, 'shows the certificate of another host. Enter the host as its certificate names it.'],
  [/wrong version number|http request/i, 'does not speak TLS at this address and port. Check both.'],
  [
    /cert|self signed|issuer|unable to verify/i,
    'shows a certificate that is not trusted. Name the file of its certificate authority (CA) in the node.',
  ],
  [/ssl|tls|eproto/i, 'and this workstation do not agree on how to speak TLS.'],
];

/** Any error of a socket, a TLS handshake or an HTTP request. */
export function connectionFault(node: string, thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const { code = '', message = String(thrown) } = (thrown ?? {}) as { code?: string; message?: string };
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return unreachable(node, sentence, thrown);
  const said = `${code} ${message}`.replaceAll('_', ' ');
  const [, tls] = TLS_SENTENCES.find(([pattern]) => pattern.test(said)) ?? [];
  return tls === undefined ? unreachable(node, `broke off: ${message}.`, thrown) : refused(node, tls, thrown);
}
