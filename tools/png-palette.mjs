// withPalette(png): the same picture with at most 256 colours, a third of the size. For the pictures that a browser takes: 8 bits a channel, not interlaced.
import { crc32 as zlibCrc, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** Older versions of Node have none. */
const crc32 = zlibCrc ?? ((bytes) => (bytes.reduce((crc, byte) => crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0);

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  const sum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function read(png) {
  const parts = [];
  let header;
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const channels = { 2: 3, 6: 4 }[header[9]];
  if (!channels || header[8] !== 8 || header[12] !== 0) throw new Error('only pictures of 8 bits a channel that are not interlaced');
  return { width: header.readUInt32BE(0), height: header.readUInt32BE(4), channels, lines: inflateSync(Buffer.concat(parts)) };
}

function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** By filter type: what a byte was predicted from, left, above and above left. */
const predict = [() => 0, (a) => a, (a, b) => b, (a, b) => (a + b) >> 1, paeth];

/** The pixels without the filters of their lines. */
function plain({ width, height, channels, lines }) {
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const from = y * (stride + 1);
    const guess = predict[lines[from]];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= channels ? out[at - channels] : 0;
      const above = y > 0 ? out[at - stride] : 0;
      const corner = x >= channels && y > 0 ? out[at - stride - channels] : 0;
      out[at] = lines[from + 1 + x] + guess(left, above, corner);
    }
  }
  return out;
}

const distance = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** The colours that most pixels have; every other one becomes the nearest of them. */
function choose(counts) {
  const colours = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const palette = colours.slice(0, 256);
  const places = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of colours.slice(256)) {
    let best = 0;
    for (let index = 1; index < palette.length; index += 1) if (distance(palette[index], colour) < distance(palette[best], colour)) best = index;
    places.set(colour, best);
  }
  return { palette, places };
}

export function withPalette(png) {
  const picture = read(png);
  const { width, height, channels } = picture;
  const pixels = plain(picture);
  const colours = new Uint32Array(width * height);
  const counts = new Map();
  for (let at = 0; at < colours.length; at += 1) {
    const from = at * channels;
    colours[at] = (pixels[from] << 16) | (pixels[from + 1] << 8) | pixels[from + 2];
    counts.set(colours[at], (counts.get(colours[at]) ?? 0) + 1);
  }
  const { palette, places } = choose(counts);
  const lines = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < colours.length; at += 1) lines[at + Math.floor(at / width) + 1] = places.get(colours[at]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', table), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
