import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { memoryStorage } from "../src/index.ts";
import { Keys } from "../src/keys.ts";
import { repetitionOf } from "../src/repeats.ts";
import { variable } from "./support.ts";

interface Methods {
  head?: Operation;
  [method: string]: Operation | undefined;
}

interface Operation {
  parameters?: { name: string; required: boolean }[];
}

const document: { paths: Record<string, Methods> } = JSON.parse(await readFile(variable("OPENAPI_DOCUMENT"), "utf8"));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

function asked({ path, method }: { path: string; method: string }, headers: Record<string, string> = {}): Request {
  return new Request(`https://api.example/stage${path.replace(/\{\w+\}/g, "some-id")}`, { method, headers });
}

test("a GET is sent again exactly where the document has a HEAD, since it changes nothing there", () => {
  for (const one of operations.filter(({ method }) => method === "GET")) {
    const expected = document.paths[one.path]?.head ? "nothing" : "harm";
    assert.equal(repetitionOf(asked(one), false), expected, one.path);
  }
});

test("exactly the operations that declare an Idempotency-Key get one", async () => {
  for (const one of operations) {
    const declares = one.operation?.parameters?.some(({ name }) => name === "Idempotency-Key") ?? false;
    const key = await new Keys(memoryStorage()).keyFor(asked(one), Promise.resolve({ body: null }));
    assert.equal(key !== null, declares, `${one.method} ${one.path}`);
  }
});

test("a change is sent again only under a condition that holds once", () => {
  for (const one of operations.filter(({ method }) => !["GET", "HEAD"].includes(method))) {
    const isStep = /^\/api\/orders\/\{order_id\}\/\w+$/.test(one.path);
    const isSession = ["/api/auth/refresh", "/api/auth/logout"].includes(one.path);
    const expected = isStep ? "refused" : isSession ? "nothing" : "harm";
    assert.equal(repetitionOf(asked(one), false), expected, one.path);
    if (expected === "harm") assert.equal(repetitionOf(asked(one, { "If-Match": '"1"' }), false), "refused");
    assert.equal(repetitionOf(asked(one), true), "nothing");
  }
});
