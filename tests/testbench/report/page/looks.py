"""What is expected of every page."""


def check_figures(browser):
    """No figure of a tile, and no unit, is broken into lines."""
    broken = browser.evaluate('''[...document.querySelectorAll(".tile dd")].flatMap((tile) => {
      const text = tile.firstChild?.data ?? "", words = /^[\\d.,]+( [^(]+)?$/.test(text) ? [...text.matchAll(/\\S+/g)] : [];
      const at = document.createRange();
      return words.filter(({0: word, index}) => {
        at.setStart(tile.firstChild, index);
        at.setEnd(tile.firstChild, index + word.length);
        return new Set([...at.getClientRects()].map(({top}) => top)).size > 1;
      }).map(([word]) => word); })''')
    assert not broken, broken


def check_looks(browser, controls):
    """Light and dark differ, nothing is wider than a narrow screen, `controls` are reached by the keyboard."""
    ground = 'getComputedStyle(document.body).backgroundColor'
    before = browser.evaluate(ground)
    browser.evaluate('document.getElementById("scheme").click()')
    assert browser.evaluate(ground) != before
    browser.evaluate('document.getElementById("scheme").click()')
    browser.resize(360, 740)
    browser.settle()
    width = browser.evaluate('document.documentElement.scrollWidth')
    assert width <= 360, width
    check_figures(browser)
    browser.resize(1200, 900)
    check_figures(browser)
    browser.resize(1280, 900)
    browser.evaluate('document.activeElement.blur()')
    reached = set()
    for _ in range(400):
        browser.press('Tab', 9)
        here = browser.evaluate('''(() => {
          const at = document.activeElement;
          return at.id || at.closest("label")?.textContent || at.tagName; })()''')
        if here == 'BODY':
            break
        reached.add(here.split(' ')[0])
    assert reached >= set(controls), (controls, reached)
    unnamed = browser.evaluate('''[...document.querySelectorAll("button, select, input, canvas")].filter((one) =>
      !one.textContent && !one.closest("label") && !one.getAttribute("aria-label")).map((one) => one.outerHTML)''')
    assert not unnamed, unnamed
