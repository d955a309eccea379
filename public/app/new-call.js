import { makeKey } from "../client/room.js";
import { strings } from "./strings.js";

/** A new call could not be opened; the message is for the person. */
export class NewCallError extends Error {}

/**
 * Asks the server for a fresh room and goes there, with a key that the server never sees.
 *
 * @returns {Promise<void>} the page is being left when it settles
 * @throws {NewCallError}
 */
export async function openNewCall() {
  const response = await fetch("/api/rooms", { method: "POST" }).catch(() => null);
  if (response?.status === 429) throw new NewCallError(strings.landingTooMany);
  if (response?.status === 401) throw new NewCallError(strings.landingNotAllowed);
  if (!response?.ok) throw new NewCallError(strings.landingUnreachable);
  const { room } = await response.json();
  location.assign(`/r/${room}#${makeKey()}`);
}
