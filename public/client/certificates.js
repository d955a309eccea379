import { VerificationError } from "./errors.js";

/**
 * The fingerprint of a certificate as its session description gives it (RFC 8122, section 5). The browser does not connect to
 * a certificate with another one, so the applied description tells which one is in use.
 *
 * @param {string | undefined} sdp
 * @returns {string}
 * @throws {VerificationError} if there is none, or more than one
 */
export function fingerprintOf(sdp) {
  const [fingerprint, ...more] = fingerprintsIn(sdp);
  if (fingerprint === undefined || more.length > 0) throw new VerificationError("not exactly one certificate in use");
  return fingerprint;
}

/**
 * Every fingerprint in a session description, each once, sorted.
 *
 * @param {string | undefined} sdp
 * @returns {string[]}
 */
export function fingerprintsIn(sdp) {
  const found = (sdp ?? "").matchAll(/^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)\s*$/gm);
  return [...new Set(Array.from(found, ([, hash, digest]) => `${hash} ${digest}`.toLowerCase()))].sort();
}

/**
 * The fingerprints of the certificates that a connection uses: those of the applied descriptions, which the browser holds
 * the certificates against. Where it shows the certificates themselves, they must agree with that.
 *
 * @param {RTCPeerConnection} connection
 * @returns {Promise<{ own: string, other: string }>}
 * @throws {VerificationError} if they are not to be had, or do not agree
 */
export async function certificatesOf(connection) {
  const own = fingerprintOf(connection.currentLocalDescription?.sdp);
  const other = fingerprintOf(connection.currentRemoteDescription?.sdp);
  const shown = await shownBy(connection);
  const agree = shown.own.every((print) => print === own) && shown.other.every((print) => print === other);
  if (!agree) throw new VerificationError("the certificates in use are not those that were agreed on");
  return { own, other };
}

/**
 * The fingerprints that the browser itself makes out, as far as it does.
 *
 * @param {RTCPeerConnection} connection
 */
async function shownBy(connection) {
  const stats = await connection.getStats();
  /** @type {{ own: string[], other: string[] }} */
  const shown = { own: [], other: [] };
  const show = (/** @type {string[]} */ prints, /** @type {string | undefined} */ id) => {
    const certificate = id === undefined ? undefined : stats.get(id);
    if (certificate?.fingerprint === undefined) return;
    prints.push(`${certificate.fingerprintAlgorithm} ${certificate.fingerprint}`.toLowerCase());
  };
  for (const { type, localCertificateId, remoteCertificateId } of stats.values()) {
    if (type !== "transport") continue;
    show(shown.own, localCertificateId);
    show(shown.other, remoteCertificateId);
  }
  return shown;
}
