// The way to a new password: a link by mail, or one that the operator prints.

import { Problem, send } from "../http.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";

const NO_MAIL = [403, 404, 501];

export function Forgot() {
  const [outcome, setOutcome] = useState(/** @type {"" | "sent" | "by_operator"} */ (""));
  const { form, bind, submit, busy, failure } = useForm(
    { email: "" },
    (values) => check(values, { required: ["email"], emails: ["email"] }),
    async ({ email = "" }) => {
      try {
        await send("POST", "/api/auth/reset/request", { body: { email: email.trim() } });
        setOutcome("sent");
      } catch (problem) {
        if (!(problem instanceof Problem) || !NO_MAIL.includes(problem.status)) throw problem;
        setOutcome("by_operator"); // this server sends no mails
      }
    },
  );
  return html`
    <${Front} title=${t("forgot.title")} lead=${outcome ? undefined : t("forgot.lead")}>
      ${
        !outcome &&
        html`<form ref=${form} onSubmit=${submit} noValidate>
          <${Field} ...${bind("email")} type="email" label=${t("setup.email")} autocomplete="username" most=${254} focused />
          <${Failure} text=${failure} />
          <${Button} type="submit" kind="primary" wide busy=${busy}>${t("forgot.submit")}<//>
        </form>`
      }
      <div role="status">
        ${outcome === "sent" && html`<p class="lead">${t("forgot.sent")}</p>`}
        ${
          outcome === "by_operator" &&
          html`
            <p class="lead">${t("forgot.operator")}</p>
            <pre class="command" tabindex="0">shopkeeper reset you@example.com --page ${location.origin}/reset</pre>
            <p class="muted">${t("forgot.once")}</p>`
        }
      </div>
      <p><a class="link" href="#/">${t("forgot.back")}</a></p>
    <//>
  `;
}
