// A new password by a link: `/reset#token=…`.

import { send } from "../http.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { toast } from "../parts/toast.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

/**
 * Return the token of a link, an empty text if there is none.
 * @param {string} hash
 */
export function resetToken(hash) {
  return new URLSearchParams(hash.slice(1)).get("token") ?? "";
}

/** @param {{ token: string }} props */
export function Reset({ token }) {
  const { form, bind, submit, busy, failure } = useForm(
    { new_password: "" },
    (values) => check(values, { least: { new_password: 12 } }),
    async ({ new_password }) => {
      await send("POST", "/api/auth/reset", { body: { token, new_password } });
      toast(t("reset.done"));
      location.hash = "#/";
    },
  );
  return html`
    <${Front} title=${t("reset.title")}>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("new_password")} type="password" label=${t("account.new")} hint=${t("setup.password_hint")}
          autocomplete="new-password" most=${128} focused />
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" wide busy=${busy}>${t("reset.submit")}<//>
      </form>
    <//>
  `;
}
