// optmargin in Pyodide, the Python in which xlwings Lite runs: what can be tried without a browser and without Pyodide's own server.
// Not part of install/check.sh, since it needs the network once; how to run it, and what it shows, stands in README.md.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2] ?? ".");
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "node_modules/pyodide/pyodide.mjs")));
const python = await loadPyodide();
for (const wheel of readdirSync(folder).filter((name) => name.endsWith(".whl"))) {
  python.unpackArchive(new Uint8Array(await readFile(path.join(folder, wheel))), "wheel");
}
python.mountNodeFS("/addin", path.resolve(import.meta.dirname, "../../../addin"));
try {
  python.runPython(await readFile(path.join(import.meta.dirname, "lite.py"), "utf8"));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
