/** Words that do not fit where they stand, as a reader would see it: cut off, over the edge of their box, or over others. */
import type { Page } from 'playwright-core';

/** A pixel's fraction is rounding. */
const tolerated = 1.5;

/**
 * Looks at every text on the screen, and at what fields and choices show. Left out is what says by `text-overflow: ellipsis`
 * that it may be cut, and what can be scrolled to. @returns what does not fit, one each
 */
export async function overflowing(window: Page): Promise<readonly string[]> {
  return await window.evaluate((slack) => {
    const found: string[] = [];
    const say = (what: string, words: string) =>
      found.push(`${what}: ${words.replace(/\s+/g, ' ').trim().slice(0, 80)}`);
    const onTop = [...document.querySelectorAll('[role="dialog"], [role="alertdialog"]')].at(-1) ?? document.body;

    const clips = (style: CSSStyleDeclaration) => style.overflowX === 'hidden' || style.overflowX === 'clip';
    const scrolls = (style: CSSStyleDeclaration) => style.overflowX === 'auto' || style.overflowX === 'scroll';
    const scrollsDown = (style: CSSStyleDeclaration) => style.overflowY === 'auto' || style.overflowY === 'scroll';

    /** Walks outward from what a box belongs to, until something lets the reader scroll to it. */
    function checkPlace(box: DOMRect, from: Element, words: string) {
      let hasBlock = false;
      for (
        let around: Element | null = from;
        around && around !== document.documentElement;
        around = around.parentElement
      ) {
        const style = getComputedStyle(around);
        if (style.display === 'inline' || style.display === 'contents') continue;
        if (style.clipPath !== 'none') return; // for screen readers alone
        if (style.textOverflow === 'ellipsis' && clips(style)) return;
        const edge = around.getBoundingClientRect();
        const isWider = box.right > edge.right + slack || box.left < edge.left - slack;
        if (isWider && scrolls(style)) return;
        if (isWider && (!hasBlock || clips(style))) return say(`wider than its ${around.localName}`, words);
        const isHigher = box.bottom > edge.bottom + slack || box.top < edge.top - slack;
        if (isHigher && scrollsDown(style)) return;
        if (isHigher && (!hasBlock || style.overflowY !== 'visible'))
          return say(`higher than its ${around.localName}`, words);
        hasBlock = true;
      }
      if (box.right > innerWidth + slack || box.left < -slack) say('outside of the window', words);
    }

    function checkText(node: Text) {
      const parent = node.parentElement;
      if (!parent?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return;
      if (parent.closest('svg, textarea, select, option')) return;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width > 0) checkPlace(box, parent, node.data);
    }

    const pen = document.createElement('canvas').getContext('2d')!;
    /** What a field or a choice shows has no box of its own. */
    function checkField(field: HTMLInputElement | HTMLSelectElement) {
      if (!field.checkVisibility()) return;
      const words = field instanceof HTMLSelectElement ? (field.selectedOptions[0]?.label ?? '') : field.placeholder;
      const style = getComputedStyle(field);
      pen.font = style.font;
      const arrow = field instanceof HTMLSelectElement ? 16 : 0;
      const room =
        field.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight) - arrow;
      if (style.textOverflow !== 'ellipsis' && pen.measureText(words).width > room + slack)
        say(`wider than its ${field.localName}`, words);
    }

    /** What is read as one layer: a bar that stands over a scrolled page, or a menu, covers words on purpose. */
    function layerOf(element: Element): Element | null {
      for (let around: Element | null = element; around; around = around.parentElement)
        if (getComputedStyle(around).position !== 'static') return around;
      return null;
    }

    /** The part of the box that is in sight, as far as what scrolls around it lets it be. */
    function inSight(element: Element, box: DOMRect) {
      const seen = { left: box.left, right: box.right, top: box.top, bottom: box.bottom };
      for (let around: Element | null = element; around; around = around.parentElement) {
        if (getComputedStyle(around).overflow === 'visible') continue;
        const edge = around.getBoundingClientRect();
        seen.left = Math.max(seen.left, edge.left);
        seen.right = Math.min(seen.right, edge.right);
        seen.top = Math.max(seen.top, edge.top);
        seen.bottom = Math.min(seen.bottom, edge.bottom);
      }
      return seen;
    }

    function checkOverlaps(nodes: readonly Text[]) {
      const boxes = nodes.flatMap((node) => {
        const parent = node.parentElement;
        if (!parent?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return [];
        if (parent.closest('svg, option') || getComputedStyle(parent).clipPath !== 'none') return [];
        const range = document.createRange();
        range.selectNodeContents(node);
        const layer = layerOf(parent);
        return [...range.getClientRects()].map((box) => ({ node, layer, ...inSight(parent, box) }));
      });
      for (const [index, one] of boxes.entries())
        for (const other of boxes.slice(index + 1)) {
          if (one.node === other.node || one.layer !== other.layer) continue;
          const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
          const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
          // Lines stand closer than the boxes of their letters are high.
          if (across > 4 && down > 4) say('over other words', `${one.node.data} / ${other.node.data}`);
        }
    }

    const texts = document.createTreeWalker(onTop, NodeFilter.SHOW_TEXT);
    const nodes: Text[] = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode())
      if ((node as Text).data.trim() !== '') nodes.push(node as Text);
    nodes.forEach(checkText);
    checkOverlaps(nodes);
    for (const control of onTop.querySelectorAll('button, input, select, textarea'))
      if (control.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        checkPlace(control.getBoundingClientRect(), control, control.getAttribute('aria-label') ?? control.outerHTML);
    for (const field of onTop.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select'))
      checkField(field);
    return [...new Set(found)];
  }, tolerated);
}
