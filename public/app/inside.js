import { Seal } from "../client/room.js";

/**
 * Who is in a call already, without joining it.
 *
 * @param {import("../client/link.js").RoomLink} link
 * @returns {Promise<{ present: number, full: boolean } | "unauthorized" | null>} null if it cannot be found out now
 */
export async function lookInside({ room, fragment }) {
  try {
    /** @type {Record<string, string>} */
    const headers = fragment === "" ? {} : { Authorization: `Gate ${(await Seal.of(room, fragment)).gate}` };
    const response = await fetch(`/api/rooms/${room}`, { headers, cache: "no-store" });
    if (response.status === 401) return "unauthorized";
    if (!response.ok) return null;
    const { present, capacity } = await response.json();
    return { present, full: present >= capacity };
  } catch {
    return null;
  }
}
