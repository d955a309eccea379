/** The longest name, in characters as people count them. */
export const NAME_LENGTH = 40;

/**
 * A name as it can be shown to others: no line breaks, nothing invisible, nothing that turns the direction of writing.
 *
 * @param {unknown} name
 * @returns {string} empty if nothing is left
 */
export function cleanName(name) {
  if (typeof name !== "string") return "";
  const plain = name
    .slice(0, 1_000)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/[\p{Cf}\p{Co}\p{Cs}\p{Cn}]/gu, (character) => (character === "\u200d" ? character : ""))
    .replace(/\s+/g, " ")
    .trim();
  return letters(plain).slice(0, NAME_LENGTH).join("").trim();
}

/**
 * One or two letters to stand for somebody whose camera is off.
 *
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.split(/[\s.@_-]+/).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return [first, last]
    .map((word) => (word === undefined ? "" : (letters(word)[0] ?? "")))
    .join("")
    .toLocaleUpperCase();
}

/**
 * @param {string} text
 * @returns {string[]} characters as people count them
 */
function letters(text) {
  if (!("Segmenter" in Intl)) return Array.from(text);
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
