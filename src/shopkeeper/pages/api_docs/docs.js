// The API docs: Swagger UI with the document of this server. Tokens are in memory alone, and nothing is sent elsewhere.

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

/** What Swagger UI leaves out, and screen readers need: for each selector, attributes. */
const MISSING = {
  ".information-container": { role: "region", "aria-label": "About this API" },
  ".scheme-container": { role: "region", "aria-label": "Server and authorization" },
  "#servers": { "aria-label": "Server" },
  "h3.opblock-tag": { role: "heading", "aria-level": "2" },
  ".opblock h4": { role: "heading", "aria-level": "3" },
  ".opblock h5": { role: "heading", "aria-level": "4" },
  "table[role=region]": { role: "table" },
  ".modal-ux": { role: "dialog", "aria-label": "Authorize" },
  ".modal-ux h3": { role: "heading", "aria-level": "2" },
  ".modal-ux h4": { role: "heading", "aria-level": "3" },
  ".modal-ux h6": { role: "heading", "aria-level": "4" },
  ".modal-ux .close-modal": { "aria-label": "Close" },
  "pre.microlight": { tabindex: "0" },
};

/** @param {HTMLElement} place */
function complete(place) {
  for (const [selector, attributes] of Object.entries(MISSING)) {
    for (const element of place.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    }
  }
  // Names that are not what the buttons say.
  for (const button of place.querySelectorAll(".modal-ux .btn[aria-label]")) button.removeAttribute("aria-label");
  for (const field of place.querySelectorAll("select, textarea, input")) {
    const { ariaLabel, labels } = /** @type {HTMLInputElement} */ (field);
    if (!ariaLabel && !labels?.[0]?.textContent?.trim()) field.setAttribute("aria-label", nameOf(field));
  }
}

/** @param {Element} field */
function nameOf(field) {
  const row = field.closest("tr[data-param-name]");
  return row?.getAttribute("data-param-name") ?? field.getAttribute("placeholder") ?? "Request body";
}

/** Paths as text: as links they would be buttons within buttons, and opening an operation changes the address anyway. */
const plainPaths = (/** @type {any} */ { React }) => ({
  components: { DeepLink: (/** @type {{ text: any }} */ { text }) => React.createElement("span", null, text) },
});

const place = /** @type {HTMLElement} */ (document.querySelector("#docs"));
let next = 0;
new MutationObserver(() => {
  cancelAnimationFrame(next); // once for all that changes in a frame
  next = requestAnimationFrame(() => complete(place));
}).observe(place, { childList: true, subtree: true });

SwaggerUIBundle({
  url: "/openapi.json",
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: -1, // the schemas stand with the operations
  displayRequestDuration: true,
  docExpansion: "none", // the tags give an overview, and a phone need not lay out every operation
  persistAuthorization: false,
  validatorUrl: null, // nobody else is asked
  plugins: [plainPaths],
});
