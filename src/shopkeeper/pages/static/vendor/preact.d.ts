// The types of preact.js, which htm ships as one file without any.
import type { VNode } from "preact";

export { Component, createContext, h, render } from "preact";
export * from "preact/hooks";
// biome-ignore lint/suspicious/noExplicitAny: a template takes whatever its tags take
export function html(strings: TemplateStringsArray, ...values: any[]): VNode;
