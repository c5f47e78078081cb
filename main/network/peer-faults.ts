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

/** Any error of a socket, a TLS handshake or an HTTP request. */
export function connectionFault(node: string, thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const { code = '', message = String(thrown) } = (thrown ?? {}) as { code?: string; message?: string };
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return unreachable(node, sentence, thrown);
  if (/CERT|SELF_SIGNED|ISSUER|ALTNAME|UNABLE_TO_VERIFY/.test(code))
    return refused(
      node,
      `shows a certificate that is not trusted (${message}). Name its CA's file in the node.`,
      thrown,
    );
  if (/^ERR_(SSL|TLS)|^EPROTO/.test(code))
    return refused(node, `and this workstation do not agree on TLS (${message}).`, thrown);
  return unreachable(node, `broke off: ${message}.`, thrown);
}
