"""Hosts that send referrers of spam. The list is our own."""

PARTS = (
    "-share-button",
    "-social-button",
    "backlink",
    "bot-traffic",
    "bottraffic",
    "buttons-for-",
    "darodar",
    "floating-share",
    "ilovevitaly",
    "o-o-8-o-o",
    "semalt",
    "sharebutton",
    "trafficbot",
)
"""What the names of no other hosts contain."""

DOMAINS = """
1-99seo.com 100dollars-seo.com 12masterov.com 4istoshop.com 4webmasters.org 5forex.ru 7makemoneyonline.com acads.net
adviceforum.info anticrawler.org bartikus.site best-seo-offer.com best-seo-software.xyz best-seo-solution.com
bestwebsitesawards.com blackhatworth.com blue-square.biz brakehawk.com burger-imperia.com buy-cheap-online.info
cenokos.ru cenoval.ru chinese-amezon.com cityadspix.com copyrightclaims.org dailyrank.net dertus.site
descargar-musica-gratis.net e-buyeasy.com econom.co edakgfvwql.ru erot.co event-tracking.com fbdownloader.com
fertuk.site fix-website-errors.com free-traffic.xyz free-video-tool.com get-free-social-traffic.com
get-free-traffic-now.com ghazel.ru girlporn.ru googlsucks.com grets.store guardlink.org hulfingtonpost.com
humanorightswatch.org hundejo.com iskalko.ru kabbalah-red-bracelets.com kambasoft.com keywords-monitoring-success.com
keywords-monitoring-your-success.com lumb.co luxup.ru makemoneyonline.com mantero.online masterseek.com
meds-online24.com monetizationking.net net-profits.xyz nevapotolok.ru o-o-6-o-o.com pizza-tycoon.com pornhub-forum.ga
pornhub-forum.uni.me pornhub-ru.com priceg.com qualitymarketzone.com quit-smoking.ga rank-checker.online ranksonic.com
ranksonic.info ranksonic.net ranksonic.org razas.site rida.tokyo sanjosestartups.com savetubevideo.com
savetubevideo.info screentoolkit.com search-error.com seders.website seo-2-0.com seo-smm.kz seoanalyses.com
seoexperimenty.ru seopub.net sexyteens.hol.es site-auditor.online sitevaluation.org slftsdybbg.ru smailik.org snip.to
snip.tw social-buttons.com social-traffic-1.xyz social-traffic-2.xyz social-widget.xyz soundfrost.org success-seo.com
superiends.org theguardlan.com top1-seo-service.com torture.ml traffic-cash.xyz traffic2cash.org traffic2cash.xyz
traffic2money.com trafficgenius.xyz trafficmonetize.org trafficmonetizer.org uptimechecker.com video--production.com
videos-for-your-business.com vodkoved.ru webmaster-traffic.com webmonetizer.net website-analyzer.info
website-errors-scanner.com websites-reviews.com websocial.me wordpress-crew.net xn--lifehacer-1rb.com xn--oogle-wmc.com
youporn-forum.ga youporn-forum.uni.me youporn-ru.com yourserverisdown.com
"""
"""Hosts, with those below them."""
