// The owner's pages: mounts the page for the state of the session and the URL.

import { business, loadBusiness } from "./business.js";
import { explain } from "./faults.js";
import { Problem, send } from "./http.js";
import { useEvents, watch } from "./live.js";
import { Button } from "./parts/button.js";
import { Dialog } from "./parts/dialog.js";
import { Empty } from "./parts/empty.js";
import { Icon } from "./parts/icon.js";
import { Shell } from "./parts/shell.js";
import { staleAfter } from "./parts/state.js";
import { currentRoute, ROUTES } from "./routes.js";
import { session, start } from "./session.js";
import { useSignal } from "./signal.js";
import { language, learn, t } from "./texts.js";
import { html, render, useEffect, useState } from "./vendor/preact.js";
import { ConfirmEmail } from "./views/confirm.js";
import { Elsewhere } from "./views/elsewhere.js";
import { Forgot } from "./views/forgot.js";
import { Reset, resetToken } from "./views/reset.js";
import { Invited, invitedAddress, Register, Setup } from "./views/setup.js";
import { SignIn, SignInForm } from "./views/signin.js";
import { OWNER } from "./words/owner.js";

learn(OWNER);

/**
 * `is_open` where anybody may make an account unless the server says otherwise, as on AWS.
 * @typedef {{ needed: boolean, code_required: boolean, sign_in: "accounts" | "cognito", is_open?: boolean }} SetupState
 */

/** @type {SetupState} */
const WITHOUT_FIRST_RUN = { needed: false, code_required: false, sign_in: "accounts", is_open: true };

function App() {
  useSignal(language);
  const state = useSignal(session);
  const route = useHash();
  const [setup, setSetup] = useState(/** @type {SetupState | null} */ (null));
  const [failure, setFailure] = useState("");

  async function begin() {
    setFailure("");
    try {
      const [found] = await Promise.all([readSetup(), start().catch(known)]);
      setSetup(found);
    } catch (problem) {
      setFailure(explain(problem));
    }
  }
  useEffect(() => {
    begin();
  }, []);

  if (failure) {
    return html`<main class="front"><${Empty} heading="h1" icon="alert" title=${failure}>
      <${Button} kind="primary" onClick=${begin}>${t("app.retry")}<//>
    <//></main>`;
  }
  if (!setup || state === "starting") return html`<main class="splash" aria-busy="true"><${Icon} name="shop" /></main>`;
  if (setup.sign_in === "cognito") return html`<${Elsewhere} />`;
  const token = resetToken(route);
  if (token && location.pathname.endsWith("/confirm")) return html`<${ConfirmEmail} token=${token} />`;
  if (state === "in" || state === "ended") {
    return html`
      <${SignedIn} route=${currentRoute()} />
      ${
        state === "ended" &&
        html`<${Dialog} title=${t("signin.again")}>
          <p class="muted">${t("signin.again_lead")}</p>
          <${SignInForm} />
        <//>`
      }
    `;
  }
  if (token && location.pathname.endsWith("/invite"))
    return html`<${Invited} token=${token} email=${invitedAddress(route)} />`;
  if (token) return html`<${Reset} token=${token} />`;
  if (setup.needed) {
    const leave = () => setSetup({ ...setup, needed: false });
    return html`<${Setup} codeRequired=${setup.code_required} onOver=${leave} />`;
  }
  if (setup.is_open && route === "#/register") return html`<${Register} />`;
  return route === "#/forgot" ? html`<${Forgot} />` : html`<${SignIn} mayBeOpen=${setup.is_open} />`;
}

/** @param {{ route: import("./routes.js").RouteName }} props */
function SignedIn({ route }) {
  const [failure, setFailure] = useState("");
  const [isLoaded, setLoaded] = useState(false);
  async function load() {
    setFailure("");
    await loadBusiness().then(
      () => setLoaded(true),
      (problem) => setFailure(explain(problem)),
    );
  }
  useEffect(() => {
    load();
    return () => business.set(null);
  }, []);
  const shop = useSignal(business);
  const businessId = shop?.business_id;
  useEffect(() => (businessId ? watch(businessId) : undefined), [businessId]);
  useEvents((events) => {
    // Its state stands in the bar on every page.
    if (!events || events.some(({ type }) => type.startsWith("business."))) loadBusiness().catch(() => {});
  });
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (!shop) return;
    const look = () => loadBusiness().catch(() => setLooks(looks + 1));
    const timer = setTimeout(look, staleAfter(shop));
    return () => clearTimeout(timer);
  }, [shop, looks]);
  const { view } = ROUTES[route];
  return html`
    <${Shell} route=${route}>
      ${isLoaded && html`<${view} key=${route} />`}
      ${
        failure &&
        html`<${Empty} icon="alert" title=${failure}>
          <${Button} kind="primary" onClick=${load}>${t("app.retry")}<//>
        <//>`
      }
    <//>
  `;
}

/**
 * Only a server of one machine has a first run. Throws Problem.
 * @returns {Promise<SetupState>}
 */
async function readSetup() {
  try {
    return (await send("GET", "/api/setup")).data;
  } catch (problem) {
    if (problem instanceof Problem && [403, 404].includes(problem.status)) return WITHOUT_FIRST_RUN;
    throw problem;
  }
}

/** Throw an error only while the state of the session is unknown: if it has ended, the page shows that. @param {any} problem */
function known(problem) {
  if (session.value === "starting") throw problem;
}

/** @returns {string} the part of the address after `#`, with it */
function useHash() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  return hash;
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
