// What docs.js uses of swagger-ui-bundle.js, which comes without types.
declare function SwaggerUIBundle(options: Record<string, unknown>): void;
