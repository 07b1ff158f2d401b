// What web/build.mjs adds to the language: names of built files, and styles as text.

/** The file name of the built panel, beside the core; defined in the core's build only. */
declare const PANEL_FILE: string;

/** The file name of the built recorder, beside the panel; defined in the panel's build only. */
declare const MIRROR_FILE: string;
declare const FILES_FILE: string;

/** The file name of what lets a CSA use the page, beside the panel; defined in the panel's build only. */
declare const CONTROL_FILE: string;

/** The file name of the built core, beside the loader; defined in the loader's build only. */
declare const CORE_FILE: string;

/** The file name of what watches the page's scrolling, beside the core; defined in the loader's build only. */
declare const ATTENTION_FILE: string;

/** The file name of what shows what masking would hide, beside the core; defined in the loader's build only. */
declare const PREVIEW_FILE: string;

/** A style sheet imported by the widget: its minified text, for adoptedStyleSheets. */
declare module '*.css' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: esbuild's text loader makes the text the default export
  export default text;
}
