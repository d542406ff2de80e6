// How many of something, in words.

/** Return how many there are of something, in words. */
export function counted(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
