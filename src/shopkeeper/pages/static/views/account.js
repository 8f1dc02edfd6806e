// The account: name, email address, password, language, and the way out.

import { get, patch, post } from "../api.js";
import { explain } from "../faults.js";
import { Button } from "../parts/button.js";
import { Empty, Loading } from "../parts/empty.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { LanguageSwitch } from "../parts/language.js";
import { toast } from "../parts/toast.js";
import { signOut } from "../session.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @typedef {{ name: string, email: string, etag: string | null }} Profile */

/** The page. */
export function Account() {
  const [profile, setProfile] = useState(/** @type {Profile | null} */ (null));
  const [failure, setFailure] = useState("");
  async function load() {
    setFailure("");
    try {
      const { data, headers } = await get("/api/users/me");
      setProfile({ name: data.name, email: data.email, etag: headers.get("ETag") });
    } catch (problem) {
      setFailure(explain(problem));
    }
  }
  useEffect(() => {
    load();
  }, []);
  return html`
    <h1>${t("account.title")}</h1>
    ${failure && html`<${Empty} icon="alert" title=${failure}><${Button} onClick=${load}>${t("app.retry")}<//><//>`}
    ${!failure && !profile && html`<${Loading} />`}
    ${
      profile &&
      html`<div class="cards">
        <${ProfileCard} key=${profile.etag} profile=${profile} onSaved=${setProfile} />
        <${PasswordCard} email=${profile.email} />
        <section class="card" aria-labelledby="device">
          <h2 id="device">${t("account.device")}</h2>
          <${LanguageSwitch} />
          <${Button} wide onClick=${signOut}>${t("signin.out")}<//>
        </section>
      </div>`
    }
  `;
}

/** @param {{ profile: Profile, onSaved: (profile: Profile) => void }} props */
function ProfileCard({ profile, onSaved }) {
  const isOther = (/** @type {string | undefined} */ email) => (email ?? "").trim().toLowerCase() !== profile.email;
  const { form, bind, submit, busy, failure, values } = useForm(
    { name: profile.name, email: profile.email, current_password: "" },
    (typed) =>
      check(typed, {
        required: ["name", "email", ...(isOther(typed.email) ? ["current_password"] : [])],
        emails: ["email"],
      }),
    async ({ name, email = "", current_password }) => {
      const change = isOther(email) ? { name, email: email.trim(), current_password } : { name };
      const { data, headers } = await patch("/api/users/me", change, profile.etag);
      onSaved({ name: data.name, email: data.email, etag: headers.get("ETag") });
      toast(t("form.saved"));
    },
  );
  return html`
    <section class="card" aria-labelledby="profile">
      <h2 id="profile">${t("account.profile")}</h2>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("name")} label=${t("account.name")} autocomplete="name" />
        <${Field} ...${bind("email")} type="email" label=${t("account.email")} autocomplete="email" most=${254} />
        ${
          isOther(values.email) &&
          html`<${Field} ...${bind("current_password")} type="password" label=${t("account.email_password")}
            hint=${t("account.email_password_hint")} autocomplete="current-password" most=${128} />`
        }
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//>
      </form>
    </section>
  `;
}

/** @param {{ email: string }} props */
function PasswordCard({ email }) {
  const { form, bind, submit, busy, failure } = useForm(
    { current_password: "", new_password: "" },
    (values) => check(values, { required: ["current_password"], least: { new_password: 12 } }),
    async (values) => {
      await post("/api/auth/password", values);
      await signOut(); // the server ended all sessions
      toast(t("account.changed"));
    },
  );
  return html`
    <section class="card" aria-labelledby="password">
      <h2 id="password">${t("account.password")}</h2>
      <p class="muted">${t("account.password_lead")}</p>
      <form ref=${form} onSubmit=${submit} noValidate>
        <input type="email" name="email" value=${email} autocomplete="username" hidden readonly />
        <${Field} ...${bind("current_password")} type="password" label=${t("account.current")}
          autocomplete="current-password" most=${128} />
        <${Field} ...${bind("new_password")} type="password" label=${t("account.new")}
          hint=${t("setup.password_hint")} autocomplete="new-password" most=${128} />
        <${Failure} text=${failure} />
        <${Button} type="submit" busy=${busy}>${t("account.change")}<//>
      </form>
    </section>
  `;
}
