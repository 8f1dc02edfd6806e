// First run: the owner's account and the business, on one page.

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

/** @param {{ codeRequired: boolean, onOver: () => void }} props `onOver` is called where somebody else was first */
export function Setup({ codeRequired, onOver }) {
  const { form, bind, submit, busy, failure } = useForm(
    {},
    (values) =>
      check(values, {
        least: { password: 12 },
        emails: ["email"],
        required: [...REQUIRED, ...(codeRequired ? ["code"] : [])],
      }),
    async ({ code, email = "", password, business_name, phone = "", address }) => {
      const business = { business_name, phone: phoneOf(phone), address };
      const body = { email: email.trim(), password, business, ...(codeRequired ? { code } : {}) };
      try {
        const { data } = await send("POST", "/api/setup", { body });
        onOver();
        adopt(data.tokens);
        toast(t("setup.done"));
      } catch (problem) {
        if (problem instanceof Problem && problem.code === "already_set_up") onOver();
        throw problem;
      }
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
            <${Field} ...${bind("email")} type="email" label=${t("setup.email")} hint=${t("setup.email_hint")}
              autocomplete="username" most=${254} />
            <${Field} ...${bind("password")} type="password" label=${t("setup.password")}
              hint=${t("setup.password_hint")} autocomplete="new-password" most=${128} />
          </fieldset>
        </div>
        <${Failure} text=${failure} />
        <${Button} type="submit" kind="primary" wide busy=${busy}>${t("setup.submit")}<//>
      </form>
    <//>
  `;
}
