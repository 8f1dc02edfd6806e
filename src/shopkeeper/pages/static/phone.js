// Phone numbers as people type them.

/**
 * Return a number in the form that the API takes (E.164) if it can be converted, else as it was typed.
 * @param {string} typed
 */
export function phoneOf(typed) {
  const bare = typed.replace(/[\s()/.-]/g, "").replace(/^00/, "+");
  // "+49 (0) 30 …": the zero is for calls within the country.
  return /^\+\d+$/.test(bare) ? bare.replace(/^(\+49|\+43|\+41)0/, "$1") : typed;
}
