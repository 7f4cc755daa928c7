import { chromium } from 'playwright-core';
const out='/tmp/shots'; import fs from 'node:fs'; fs.mkdirSync(out,{recursive:true});
const pages = JSON.parse(process.argv[2]); const widths=(process.argv[3]??'1440,390').split(',').map(Number); const schemes=(process.argv[4]??'light,dark').split(',');
const full = process.argv[5] !== 'fold';
const base = process.env.BASE ?? 'http://127.0.0.1:3106';
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
for (const scheme of schemes) for (const w of widths) { const ctx = await b.newContext({ viewport:{width:w,height:w>600?900:844}, colorScheme: scheme, hasTouch: w<600, isMobile: w<600 });
 for (const [name, path] of Object.entries(pages)) { const p = await ctx.newPage(); const errs=[]; p.on('console',m=>{if(['error','warning'].includes(m.type()))errs.push(m.text().slice(0,300))}); p.on('pageerror',e=>errs.push('PAGE '+e.message.slice(0,500)));
  const t=Date.now(); const r = await p.goto(base+path,{waitUntil:'load'}); await p.waitForTimeout(700);
  const over = await p.evaluate(()=>[document.documentElement.scrollWidth, innerWidth]);
  await p.screenshot({path:`${out}/${name}-${w}-${scheme}.png`,fullPage:full}); console.log(name,w,scheme,r.status(),Date.now()-t,'ms',over.join('/'),errs.join(' | ')); await p.close(); }
 await ctx.close(); }
await b.close();
