"""What is expected of every page."""


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
