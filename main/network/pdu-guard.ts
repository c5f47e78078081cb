/** Watches the lengths that a caller declares: the library would wait for, and hold, up to 4 GB at a time. */

/** Twice what is announced as our maximum; an association request with 128 contexts is far below. */
const LONGEST_PDU = 512 * 1024;
const HEADER = 6;

export class PduGuard {
  #header = Buffer.alloc(0);
  /** Bytes of the present PDU that are still to come. */
  #left = 0;

  /** False once a PDU is declared longer than any should be (PS3.8 section 9.3: length in bytes 3 to 6). */
  allows(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, bytes.length - at);
        this.#left -= passed;
        at += passed;
      } else {
        const missing = HEADER - this.#header.length;
        this.#header = Buffer.concat([this.#header, bytes.subarray(at, at + missing)]);
        at += missing;
        if (this.#header.length < HEADER) break;
        this.#left = this.#header.readUInt32BE(2);
        this.#header = Buffer.alloc(0);
        if (this.#left > LONGEST_PDU) return false;
      }
    }
    return true;
  }
}
