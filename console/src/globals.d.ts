/** Where the sprite of icons is; build.mjs puts it in. */
declare const SPRITE: string;
