// A style sheet imported by the console for its effect: it lands in the built console.[hash].css.
declare module '*.css';

/** The file name of the built viewer, beside the console; defined in the console's build only. */
declare const VIEWER_FILE: string;
