/** What a page keeps for the tests, see `member.js`. */
declare const member: import("./member.js").Kept;
