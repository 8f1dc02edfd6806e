// A dialog that makes a webhook, changes one, or removes it.

import { patch, post, remove } from "../api.js";
import { Problem } from "../http.js";
import { t } from "../texts.js";
import { html, useState } from "../vendor/preact.js";
import { Button } from "./button.js";
import { Tick } from "./choice.js";
import { Confirm } from "./confirm.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { check, Failure } from "./form.js";
import { useRecord } from "./record.js";
import { toast } from "./toast.js";
import { KINDS, nameOfKind } from "./webhook.js";

/**
 * @param {{ webhook: Record<string, any> | null, path: string, onChanged: () => Promise<void>,
 *   onSecret: (secret: string) => void, onClose: () => void }} props
 */
export function WebhookForm({ webhook, path, onChanged, onSecret, onClose }) {
  const [isDeleting, setDeleting] = useState(false);
  const own = `${path}/${webhook?.webhook_id}`;
  const tag = `"${webhook?.version}"`;
  const { form, bind, submit, busy, failure, values } = useRecord(
    valuesOf(webhook),
    (typed) => ({
      ...check(typed, { required: ["url"] }),
      ...(!typed.kinds.length && { kinds: t("form.required") }),
    }),
    async (changes, all) => {
      const body = bodyOf(webhook ? changes : all);
      const { data } = await newest(() => (webhook ? patch(own, body, tag) : post(path, body)));
      toast(t("form.saved"));
      await onChanged();
      onClose();
      if (data.secret) onSecret(data.secret);
      return valuesOf(data);
    },
  );

  /** @template T @param {() => Promise<T>} work */
  async function newest(work) {
    try {
      return await work();
    } catch (problem) {
      if (problem instanceof Problem && [404, 409, 412].includes(problem.status)) await onChanged();
      throw problem;
    }
  }

  if (isDeleting) {
    return html`<${Confirm} title=${t("webhooks.delete_title")} text=${t("webhooks.delete_text")} action=${t("webhooks.delete")}
      onConfirm=${async () => {
        await newest(() => remove(own, tag));
        onClose();
        await onChanged();
      }} onClose=${() => setDeleting(false)} />`;
  }
  const kinds = bind("kinds");
  const all = [...new Set([...Object.keys(KINDS), ...values.kinds])];
  const isAll = values.kinds.includes("*");
  const choose = (/** @type {string} */ kind, /** @type {boolean} */ isChosen) => {
    const chosen = all.filter((one) => (one === kind ? isChosen : values.kinds.includes(one)));
    kinds.onInput(kind === "*" ? (isChosen ? ["*"] : ["order.*"]) : chosen);
  };
  return html`
    <${Dialog} title=${t(webhook ? "webhooks.change_title" : "webhooks.add")} onClose=${onClose}>
      <form ref=${form} onSubmit=${submit} noValidate>
        <${Field} ...${bind("url")} type="url" label=${t("webhooks.url")} hint=${t("webhooks.url_hint")} most=${2000} focused />
        <${Field} ...${bind("description")} label=${t("webhooks.description")} optional />
        <fieldset class="radios">
          <legend>${t("webhooks.kinds")}</legend>
          ${all
            .filter((kind) => kind === "*" || !isAll)
            .map(
              (
                kind,
              ) => html`<${Tick} key=${kind} name=${kind} label=${nameOfKind(kind)} checked=${values.kinds.includes(kind)}
                onInput=${(/** @type {boolean} */ isChosen) => choose(kind, isChosen)} />`,
            )}
          ${kinds.fault && html`<p class="field-fault">${kinds.fault}</p>`}
        </fieldset>
        <${Failure} text=${failure} />
        <div class="acts">
          ${webhook && html`<${Button} kind="danger" onClick=${() => setDeleting(true)}>${t("webhooks.delete")}<//>`}
          <${Button} type="submit" kind="primary" busy=${busy}>${t("form.save")}<//>
        </div>
      </form>
    <//>
  `;
}

/** @param {Record<string, any> | null} webhook */
function valuesOf(webhook) {
  return { url: webhook?.url ?? "", description: webhook?.description ?? "", kinds: webhook?.kinds ?? ["*"] };
}

/** @param {import("./form.js").Values} values */
function bodyOf({ url, description, kinds }) {
  return {
    ...(url !== undefined && { url: url.trim() }),
    ...(description !== undefined && { description: description.trim() || null }),
    ...(kinds && { kinds: kinds.includes("*") ? null : kinds }),
  };
}
