// The account: name, email address, password, language, signing out and deletion.

import { get, patch, post, remove } from "../api.js";
import { explain } from "../faults.js";
import { Badge } from "../parts/badge.js";
import { Button } from "../parts/button.js";
import { Confirm } from "../parts/confirm.js";
import { DevelopersLink } from "../parts/developers.js";
import { Empty, Loading } from "../parts/empty.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { LanguageSwitch } from "../parts/language.js";
import { useTask } from "../parts/task.js";
import { toast } from "../parts/toast.js";
import { signOut } from "../session.js";
import { t } from "../texts.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @typedef {{ name: string, email: string, isConfirmed: boolean, etag: string | null }} Profile */

/** The page. */
export function Account() {
  const [profile, setProfile] = useState(/** @type {Profile | null} */ (null));
  const [failure, setFailure] = useState("");
  async function load() {
    setFailure("");
    try {
      setProfile(profileOf(await get("/api/users/me")));
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
        <${ConfirmationCard} isConfirmed=${profile.isConfirmed} />
        <section class="card" aria-labelledby="device">
          <h2 id="device">${t("account.device")}</h2>
          <${LanguageSwitch} />
          <${Button} wide onClick=${signOut}>${t("signin.out")}<//>
        </section>
        <${EndCard} profile=${profile} />
      </div>
      <${DevelopersLink} />`
    }
  `;
}

/** @param {import("../http.js").Answer} answer @returns {Profile} */
function profileOf({ data, headers }) {
  const { name, email, email_confirmed_at } = data;
  return { name, email, isConfirmed: Boolean(email_confirmed_at), etag: headers.get("ETag") };
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
      onSaved(profileOf(await patch("/api/users/me", change, profile.etag)));
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

/** @param {{ isConfirmed: boolean }} props */
function ConfirmationCard({ isConfirmed }) {
  const { busy, run } = useTask();
  const [isSent, setSent] = useState(false);
  async function ask() {
    await post("/api/auth/confirm/request");
    setSent(true);
  }
  return html`
    <section class="card" aria-labelledby="confirmation">
      <header class="spread">
        <h2 id="confirmation">${t("account.email")}</h2>
        <${Badge} tone=${isConfirmed ? "good" : "new"} icon=${isConfirmed ? "check" : "alert"}>
          ${t(isConfirmed ? "account.confirmed" : "account.unconfirmed")}
        <//>
      </header>
      ${
        !isConfirmed &&
        html`<div role="status"><p class="muted">${t(isSent ? "account.confirm_sent" : "account.confirm_lead")}</p></div>
          <${Button} busy=${Boolean(busy)} onClick=${() => run("ask", ask)}>${t("account.confirm")}<//>`
      }
    </section>
  `;
}

/** @param {{ profile: Profile }} props */
function EndCard({ profile }) {
  const [isAsking, setAsking] = useState(false);
  async function end() {
    await remove("/api/users/me", profile.etag);
    await signOut();
  }
  return html`
    <section class="card" aria-labelledby="end">
      <h2 id="end">${t("account.end")}</h2>
      <p class="muted">${t("account.end_lead")}</p>
      <${Button} kind="danger" onClick=${() => setAsking(true)}>${t("account.delete")}<//>
      ${
        isAsking &&
        html`<${Confirm} title=${t("account.delete_title")} text=${profile.email} action=${t("account.delete")} onConfirm=${end}
          onClose=${() => setAsking(false)} />`
      }
    </section>
  `;
}
