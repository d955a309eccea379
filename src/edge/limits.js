// How often one address may ask (docs/deploying.md).

/**
 * What stands for an address when requests are counted: an IPv4 address itself, and of an IPv6 address the first 64 bits, which
 * is the least that a customer of a network provider has to itself (RFC 6177).
 *
 * @param {string} address as the platform gives it (RFC 5952)
 */
export function addressKey(address) {
  if (!address.includes(":")) return address;
  const [head = [], tail] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return groups.slice(0, 4).join(":");
}

/**
 * Whether an address is one of the machine itself (RFC 6890, section 2.2).
 *
 * @param {string} address
 */
function isLoopback(address) {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}

/**
 * Whether a request comes from an address that has asked too often: to make rooms, or to join them. What comes from no
 * address, or from this machine, is not counted: that is development, or a test.
 *
 * @param {Request} request
 * @param {{ CREATE_LIMIT?: Limiter, JOIN_LIMIT?: Limiter }} env
 *
 * @typedef {{ limit: (options: { key: string }) => Promise<{ success: boolean }> }} Limiter the platform's rate-limit binding
 */
export async function asksTooOften(request, env) {
  const joins = request.headers.has("upgrade") ? env.JOIN_LIMIT : undefined;
  const limiter = request.method === "POST" ? env.CREATE_LIMIT : joins;
  const address = request.headers.get("cf-connecting-ip");
  if (limiter === undefined || address === null || isLoopback(address)) return false;
  const { success } = await limiter.limit({ key: addressKey(address) });
  return !success;
}
