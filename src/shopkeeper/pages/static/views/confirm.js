// An email address is confirmed by the link of a mail: `/confirm#token=…`.

import { explain } from "../faults.js";
import { send } from "../http.js";
import { Loading } from "../parts/empty.js";
import { Failure } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @param {{ token: string }} props */
export function ConfirmEmail({ token }) {
  const [outcome, setOutcome] = useState("");
  const [failure, setFailure] = useState("");
  useEffect(() => {
    send("POST", "/api/auth/confirm", { body: { token } }).then(
      () => setOutcome(t("confirm.done")),
      (problem) => setFailure(explain(problem)),
    );
  }, []);
  return html`
    <${Front} title=${t("confirm.title")}>
      <div role="status">${outcome && html`<p class="lead">${outcome}</p>`}</div>
      <${Failure} text=${failure} />
      ${outcome || failure ? html`<p><a class="link" href="/">${t("confirm.onward")}</a></p>` : html`<${Loading} cards=${1} />`}
    <//>
  `;
}
