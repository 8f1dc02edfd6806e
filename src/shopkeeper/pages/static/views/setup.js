// The owner's account and the business, on one page: at the first run of a machine, and wherever anybody may make an
// account.

import { Problem, send } from "../http.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { check, Failure, useForm } from "../parts/form.js";
import { Front } from "../parts/front.js";
import { toast } from "../parts/toast.js";
import { phoneOf } from "../phone.js";
import { adopt } from "../session.js";
import { t } from "../texts.js";
import { html } from "../vendor/preact.js";

const REQUIRED = ["email", "password", "business_name", "phone", "address"];

/**
 * @typedef {object} Owner what was typed, as the server takes it
 * @property {string} email
 * @property {string} password
 * @property {{ business_name: string, phone: string, address: string }} business
 * @property {string} [code]
 */

/**
 * The first run.
 * @param {{ codeRequired: boolean, onOver: () => void }} props `onOver` is called if somebody else was first
 */
export function Setup({ codeRequired, onOver }) {
  /** @param {Owner} owner */
  async function begin(owner) {
    try {
      const { data } = await send("POST", "/api/setup", { body: owner });
      onOver();
      return data.tokens;
    } catch (problem) {
      if (problem instanceof Problem && problem.code === "already_set_up") onOver();
      throw problem;
    }
  }
  return html`<${OwnerForm} codeRequired=${codeRequired} begin=${begin} />`;
}

/**
 * An account of one's own and a business, where there is no first run. After a failure it goes on after the last step
 * that succeeded.
 */
export function Register() {
  return html`
    <${OwnerForm} begin=${register}>
      <p><a class="link" href="#/">${t("forgot.back")}</a></p>
    <//>
  `;
}

/**
 * Return the address that the link of an invitation is for: `/invite#token=…&email=…`.
 * @param {string} hash
 */
export function invitedAddress(hash) {
  return new URLSearchParams(hash.slice(1)).get("email") ?? "";
}

/** The same by an invitation, which is for one address. @param {{ token: string, email: string }} props */
export function Invited({ token, email }) {
  /** @param {Owner} owner */
  async function begin(owner) {
    const tokens = await register({ ...owner, invitation: token });
    location.hash = "#/"; // the token is used up
    return tokens;
  }
  return html`<${OwnerForm} email=${email} begin=${begin} />`;
}

/** @param {Owner & { invitation?: string }} owner */
async function register({ email, password, business, invitation }) {
  /** @type {Problem | null} */
  let known = null;
  await send("POST", "/api/auth/register", {
    body: { email, password, name: business.business_name, invitation },
  }).catch((problem) => {
    if (!(problem instanceof Problem) || problem.code !== "already_registered") throw problem;
    known = problem;
  });
  const { data: tokens } = await send("POST", "/api/auth/login", { body: { email, password } }).catch((problem) => {
    throw known ?? problem; // the account is somebody else's, or has another password
  });
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const { data: user } = await send("GET", "/api/users/me", { headers });
  const body = { ...business, email, cognito_user_id: user.user_id };
  await send("POST", "/auth/register-business", { body, headers });
  return tokens;
}

/**
 * @param {{ codeRequired?: boolean, email?: string, begin: (owner: Owner) => Promise<any>, children?: any }} props
 * `begin` returns tokens; `email` is the address that an invitation is for
 */
function OwnerForm({ codeRequired = false, email: invited = "", begin, children }) {
  const { form, bind, submit, busy, failure } = useForm(
    { email: invited },
    (values) =>
      check(values, {
        least: { password: 12 },
        emails: ["email"],
        required: [...REQUIRED, ...(codeRequired ? ["code"] : [])],
      }),
    async ({ code, email = "", password = "", business_name = "", phone = "", address = "" }) => {
      const business = { business_name, phone: phoneOf(phone), address };
      adopt(await begin({ email: email.trim(), password, business, ...(codeRequired ? { code } : {}) }));
      toast(t("setup.done"));
    },
  );
  return html`
    <${Front} title=${t("setup.title")} lead=${t("setup.lead")} wide>
      <form ref=${form} onSubmit=${submit} noValidate>
        ${
          codeRequired &&
          html`<${Field} ...${bind("code")} label=${t("setup.code")} hint=${t("setup.code_hint")} most=${100} focused />`
        }
        <div class="columns">
          <fieldset class="group">
            <legend>${t("setup.business")}</legend>
            <${Field} ...${bind("business_name")} label=${t("setup.business_name")} autocomplete="organization"
              focused=${!codeRequired} />
            <${Field} ...${bind("phone")} type="tel" label=${t("setup.phone")} hint=${t("setup.phone_hint")}
              autocomplete="tel" most=${40} />
            <${Field} ...${bind("address")} label=${t("setup.address")} autocomplete="street-address" most=${500} />
          </fieldset>
          <fieldset class="group">
            <legend>${t("setup.you")}</legend>
            <${Field} ...${bind("email")} type="email" label=${t("setup.email")}
              hint=${t(invited ? "setup.invited_hint" : "setup.email_hint")} fixed=${Boolean(invited)}
              autocomplete="username" most=${254} />
            <${Field} ...${bind("password")} type="password" label=${t("setup.password")}
              hint=${t("setup.password_hint")} autocomplete="new-password" most=${128} />
          </fieldset>
        </div>
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" wide busy=${busy}>${t("setup.submit")}<//>
      </form>
      ${children}
    <//>
  `;
}
