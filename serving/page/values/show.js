// One field of a prediction, shown by its type. What does not look as its type says is shown as JSON.

import { showClasses } from "./classes.js";
import { showCurve } from "./curve.js";
import { showEffects } from "./effects.js";
import { showFacets } from "./facets.js";
import { showImage } from "./image.js";
import { showIdentifier, showNumber } from "./number.js";
import { showBoolean, showJson, showNothing, showText } from "./plain.js";
import { showQuantiles } from "./quantiles.js";
import { showQuotes } from "./quotes.js";
import { showRanking } from "./ranking.js";
import { showRecords } from "./records.js";
import { showTokens } from "./tokens.js";

// Each takes a value and its field, and returns null for what is not its own, or {elements, exact}: `exact` is the
// whole of a number that is shown rounded.
const SHOWS = [
  showNothing,
  showImage,
  showClasses,
  showQuantiles,
  showCurve,
  showRanking,
  showFacets,
  showQuotes,
  showTokens,
  showEffects,
  showRecords,
  showIdentifier,
  showNumber,
  showBoolean,
  showText,
  showJson,
];

/** Return {elements, exact} of a field's value; `field`: one of `predictionFields`. */
export function showValue(value, field) {
  for (const show of SHOWS) {
    const shown = show(value, field);
    if (shown) return { exact: null, ...shown, elements: shown.elements.filter((element) => element !== null) };
  }
}
