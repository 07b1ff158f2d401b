// A style sheet imported by the console for its effect: it lands in the built console.[hash].css.
declare module '*.css';
