// Signing in: on a page of its own, and in a dialog above the page where a session has ended.

import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { signIn } from "../session.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

export function SignIn() {
  return html`
    <${Front} title=${t("signin.title")}>
      <${SignInForm} />
      <p><a class="link" href="#/forgot">${t("signin.forgot")}</a></p>
    <//>
  `;
}

/** The form alone. */
export function SignInForm() {
  const { form, bind, submit, busy, failure } = useForm(
    { email: "", password: "" },
    (values) => check(values, { required: ["email", "password"], emails: ["email"] }),
    ({ email = "", password = "" }) => signIn(email.trim(), password),
  );
  return html`
    <form ref=${form} onSubmit=${submit} noValidate>
      <${Field} ...${bind("email")} type="email" label=${t("setup.email")} autocomplete="username" most=${254} focused />
      <${Field} ...${bind("password")} type="password" label=${t("setup.password")} autocomplete="current-password"
        most=${128} />
      <${Failure} text=${failure} />
      <${Button} type="submit" kind="primary" wide busy=${busy}>${t("signin.submit")}<//>
    </form>
  `;
}
