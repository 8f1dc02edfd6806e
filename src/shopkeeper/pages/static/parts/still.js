// A component that is rendered again only if one of its properties changes.

import { Component, html } from "../vendor/preact.js";

/** Renders `view` with all other properties. @extends {Component<Record<string, any>, {}>} */
export class Still extends Component {
  /** @param {Record<string, any>} next */
  shouldComponentUpdate(next) {
    const props = /** @type {Record<string, any>} */ (this.props);
    return Object.keys(next).some((name) => next[name] !== props[name]);
  }

  render() {
    const { view, ...rest } = /** @type {Record<string, any>} */ (this.props);
    return html`<${view} ...${rest} />`;
  }
}
