// The texts of the pages, in English and German. A text is in one table, with both languages side by side.
//
// Each page adds the tables of its own to those that all have, so that customers need not load the owner's.

import { signal } from "./signal.js";
import { COMMON } from "./words/common.js";
import { ERRORS } from "./words/errors.js";

const KEY = "shopkeeper.language";
const LANGUAGES = /** @type {const} */ (["en", "de"]);
/** @type {Table} */
const TEXTS = { ...COMMON, ...ERRORS };

/** @typedef {typeof LANGUAGES[number]} Language */
/** @typedef {typeof import("./words/owner.js").OWNER & typeof import("./words/shop.js").SHOP & typeof import("./words/traffic.js").TRAFFIC} PageTexts */
/** @typedef {keyof (typeof COMMON & typeof ERRORS & PageTexts)} TextKey */
/** @typedef {Record<string, readonly [english: string, german: string]>} Table */

/** @type {import("./signal.js").Signal<Language>} */
export const language = signal(chosen());
language.subscribe(say);
say(language.value);

/**
 * Add the texts of a page.
 * @param {Table} table
 */
export function learn(table) {
  Object.assign(TEXTS, table);
}

/**
 * Return a text in the language that is chosen. `{name}` in it stands for the value of that name.
 * @param {TextKey} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = TEXTS[key]?.[LANGUAGES.indexOf(language.value)] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Tell whether there is a text, for keys that are put together, such as `error.wrong_credentials`.
 * @param {string} key
 * @returns {key is TextKey}
 */
export function isText(key) {
  return key in TEXTS;
}

/**
 * Choose a language, and remember it on this device.
 * @param {Language} choice
 */
export function choose(choice) {
  localStorage.setItem(KEY, choice);
  language.set(choice);
}

/** @returns {string} the locale for dates and amounts: the browser's own one of the language, such as `en-GB` */
export function locale() {
  return navigator.languages.find((one) => one.startsWith(language.value)) ?? language.value;
}

/** @returns {Language} */
function chosen() {
  const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  return wanted.map((tag) => LANGUAGES.find((one) => tag.startsWith(one))).find((one) => one) ?? "en";
}

/** @param {Language} spoken */
function say(spoken) {
  document.documentElement.lang = spoken;
}
