import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { Visits } from "./visits";
import "./style.css";

export const metadata: Metadata = { title: "A shop on Shopkeeper", description: "An example with Next.js" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Shop</Link> <Link href="/owner">Owner</Link>
        </nav>
        <main>{children}</main>
        <footer>
          <Visits />
        </footer>
      </body>
    </html>
  );
}
