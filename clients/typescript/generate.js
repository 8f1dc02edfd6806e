// Writes the types of the API to the file that the argument names, from docs/openapi.json.

import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../docs/openapi.json", import.meta.url);
const HEADER = "// Written by `make openapi` from docs/openapi.json. Do not change it here.\n\n";

const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
for (const methods of Object.values(document.paths)) {
  delete methods.head; // it answers as GET does, without a body
  for (const operation of Object.values(methods)) shorten(operation);
}
delete document.components.headers;
const types = await openapiTS(document, { defaultNonNullable: false });
await writeFile(process.argv[2], HEADER + astToString(types));

/** Remove whole examples, which those of the properties repeat, and headers of responses, which openapi-fetch has no types for. */
function shorten(operation) {
  const responses = Object.values(operation.responses ?? {});
  for (const response of responses) delete response.headers;
  for (const body of [operation.requestBody, ...responses])
    for (const content of Object.values(body?.content ?? {})) delete content.example;
}
