// Signing in: on a page of its own, and in a dialog above the page where a session has ended.

import { Problem, send } from "../http.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { signIn } from "../session.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @param {{ mayBeOpen?: boolean }} props `mayBeOpen` where the server is asked whether anybody may make an account */
export function SignIn({ mayBeOpen = false }) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!mayBeOpen) return;
    const look = send("GET", "/api/auth/registration");
    look.then(({ data }) => setOpen(data.registration === "open")).catch(() => {}); // the link alone is missing then
  }, []);
  return html`
    <${Front} title=${t("signin.title")}>
      <${SignInForm} />
      <p><a class="link" href="#/forgot">${t("signin.forgot")}</a></p>
      ${isOpen && html`<p><a class="link" href="#/register">${t("signin.register")}</a></p>`}
    <//>
  `;
}

/** The form alone. */
export function SignInForm() {
  const { form, bind, submit, busy, failure } = useForm(
    { email: "", password: "" },
    (values) => check(values, { required: ["email", "password"], emails: ["email"] }),
    ({ email = "", password = "" }) => signIn(email.trim(), password).catch(elsewhere),
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

/** Where accounts come from a Cognito pool, nothing here signs anybody in. @param {any} problem */
function elsewhere(problem) {
  const isAbsent = problem instanceof Problem && [403, 404].includes(problem.status);
  throw isAbsent ? new Problem(problem.status, "signs_in_elsewhere", "") : problem;
}
