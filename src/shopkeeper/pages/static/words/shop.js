/** Texts of the customers' page. @satisfies {import("../texts.js").Table} */
export const SHOP = {
  "shop.missing": ["There is no shop at this address", "Unter dieser Adresse gibt es kein Geschäft"],
  "shop.missing_lead": ["Please check the link.", "Bitte den Link prüfen."],
};
