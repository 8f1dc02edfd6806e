import type { NextConfig } from "next";
import { SHOPKEEPER_URL } from "./lib/address";

const config: NextConfig = {
  poweredByHeader: false,
  // The browser asks this site alone, so nothing has to be allowed across origins.
  rewrites: async () => [{ source: "/shopkeeper/:path*", destination: `${SHOPKEEPER_URL}/:path*` }],
  turbopack: { root: `${import.meta.dirname}/../../..` }, // the client is linked from the folder above
};

export default config;
