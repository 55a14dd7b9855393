"""Made-up pages as software for documentation, blogs and Chinese sites writes them."""

SPHINX = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Berths &#8212; Harbour 2.1 documentation</title>
<link rel="canonical" href="https://docs.example.org/en/stable/berths.html">
<link rel="next" title="Boats" href="boats.html"></head><body>
<div class="related" role="navigation"><h3>Navigation</h3>
<ul><li><a href="genindex.html">index</a></li></ul></div>
<div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">
<section id="berths"><h1>Berths<a class="headerlink" href="#berths">¶</a></h1>
<p>A berth is booked with <code class="docutils literal"><span class="pre">Berth.book()</span></code>,
as <a class="reference internal" href="boats.html#boat"><span class="std std-ref">Boats</span></a> says.</p>
<div class="highlight-python notranslate"><div class="highlight"><pre><span></span>\
<span class="kn">import</span> harbour

<span class="k">def</span> <span class="nf">book</span>(name):
    <span class="k">return</span> harbour.Berth(name)
</pre></div></div>
<table class="docutils"><thead>
<tr><th class="head"><p>Length</p></th><th class="head"><p>Fee</p></th></tr></thead>
<tbody><tr><td><p>8 m</p></td><td><p>12 EUR</p></td></tr></tbody></table>
<div class="highlight-console"><table class="highlighttable"><tr><td class="linenos"><pre>1
2</pre></td><td class="code"><div><pre>$ harbour leave
gone</pre></div></td></tr></table></div>
</section></div></div></div>
<div class="sphinxsidebar" role="navigation">
<ul><li><a href="#">Berths of the sidebar</a></li></ul></div></div>
<div class="footer">Created using Sphinx.</div></body></html>"""

DOCUSAURUS_ZH = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<title>安装 | 潮汐文档</title>
<meta property="og:title" content="安装 | 潮汐文档"></head><body>
<nav class="navbar"><a href="/">潮汐</a><a href="/blog">博客</a></nav><div class="main-wrapper">
<aside class="theme-doc-sidebar-container"><ul><li><a href="/docs/intro">简介</a></li></ul></aside>
<main><article><div class="theme-doc-markdown markdown"><header><h1>安装</h1></header>
<p>潮汐需要 Python 3.11。先建立一个虚拟环境，再安装软件包，详见<a href="./config">配置</a>。</p>
<h2 class="anchor" id="linux">在 Linux 上<a href="#linux"
class="hash-link" aria-label="直接链接">\u200b</a></h2>
<div class="language-bash codeBlockContainer"><pre tabindex="0" class="prism-code language-bash"><code>\
<span class="token-line"><span class="token plain">python -m venv .venv</span><br></span>\
<span class="token-line"><span class="token plain">pip install tide</span><br></span></code></pre>
<button>复制</button></div>
<table><thead><tr><th>选项</th><th>含义</th></tr></thead><tbody><tr><td>--port</td><td>端口</td></tr></tbody></table>
</div></article><nav class="pagination-nav"><a href="/docs/next">下一页</a></nav></main></div>
<footer class="footer">版权所有 © 2026 潮汐</footer></body></html>"""

MKDOCS = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Queries - Tide</title></head><body>
<header class="md-header"><nav>Tide</nav></header><main class="md-main"><div class="md-sidebar"><nav>
<a href="../">Home</a></nav></div><div class="md-content"><article class="md-content__inner md-typeset">
<h1 id="q">Queries<a class="headerlink" href="#q" title="Permanent link">&para;</a></h1><p>Ask for a day.</p>
<div class="language-sql highlight"><pre><span></span><code><a id="l1" href="#l1"></a>SELECT *
<a id="l2" href="#l2"></a>FROM tides
</code></pre></div></article></div></main><footer>Made with Material for MkDocs</footer></body></html>"""

WECHAT = """<!DOCTYPE html><html><head><meta charset="utf-8"><title></title>
<meta property="og:title" content="港口潮位预报"/>
<meta property="article:published_time" content="2026-03-04T08:00:00+08:00"></head><body>
<h1 class="rich_media_title">港口潮位预报</h1><div class="rich_media_content" id="js_content"
style="visibility: hidden;"><section><p><span>本周三起，港口潮位将明显升高，请各船只注意系泊。</span></p>
<section><p>最高潮位预计出现在周五凌晨，约为4.2米，较常年偏高0.5米。</p></section></section></div>
<div class="qr_code">微信扫一扫 关注该公众号</div></body></html>"""

_SENTENCE = "The harbour of Kiel opens a new quay for small boats, and the fees stay as they were last year. "
BLOG = f"""<!doctype html><html lang="en"><head><title>A new quay - Harbour blog</title>
<meta property="og:site_name" content="Harbour blog">
<meta property="article:published_time" content="2025-06-01">
</head><body><header><nav><a href="/about">About us</a></nav></header><main><article><h1>A new quay</h1>
<p>{_SENTENCE * 4}See <a href="/fees?utm_source=blog">the fees</a>.</p><p>{_SENTENCE * 4}</p></article></main>
<aside><h3>Read also</h3><a href="/old">The old quay</a></aside>
<footer>Imprint of the blog</footer></body></html>"""

MENUS = """<html lang="en"><head><title>Start</title></head><body><nav><ul><li><a href="/a">Tides</a></li>
<li><a href="/b">Fees</a></li></ul></nav><footer><a href="/i">Imprint</a></footer></body></html>"""
