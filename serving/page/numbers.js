// Numbers as people read them.

const DIGITS = 6; // that a number is rounded to, but never within its whole part

/** Return a number, rounded, with its unit behind it. */
export function readable(number, unit = "") {
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-6 || size >= 1e15)) return withUnit(minus(number.toExponential(DIGITS - 1)), unit);
  const rounding = size >= 10 ** DIGITS ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: DIGITS };
  return withUnit(minus(new Intl.NumberFormat("en", rounding).format(number)), unit);
}

export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** Return a function that writes numbers with their sign, as many decimals for each as the largest needs. */
export function signs(numbers, unit = "") {
  const largest = Math.max(...numbers.map(Math.abs), 0);
  const decimals = largest ? Math.min(Math.max(2 - Math.floor(Math.log10(largest)), 0), 20) : 0;
  const format = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (number) => withUnit(`${number < 0 ? "−" : "+"}${format.format(Math.abs(number))}`, unit);
}

/** Return the round numbers between two limits, about `count` of them, and how many decimals they have. */
export function ticks(least, most, count) {
  const rough = (most - least) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (step / power === 2.5 ? 1 : 0));
  const found = [];
  for (let i = Math.ceil(least / step - 1e-9); i * step <= most + step * 1e-9; i += 1) found.push(i * step + 0); // and no -0
  return { found, decimals: Math.min(decimals, 20) };
}

function withUnit(text, unit) {
  return unit ? `${text} ${unit}` : text; // a space that does not break
}

function minus(text) {
  return text.replace("-", "−");
}
