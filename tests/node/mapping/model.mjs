// The mapper's model as a module: TypeScript, bundled by the console's own esbuild.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(
  new URL("../../../console/package.json", import.meta.url),
);
const { buildSync } = require("esbuild");
const folder = fileURLToPath(
  new URL("../../../console/src/screens/mapping/model/", import.meta.url),
);
const parts = [
  "diff",
  "history",
  "match",
  "rows",
  "sources",
  "status",
  "transforms",
];

const { outputFiles } = buildSync({
  stdin: {
    contents: parts.map((part) => `export * from './${part}';`).join("\n"),
    resolveDir: folder,
    loader: "ts",
  },
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
});
export const model = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
