"""Which code page names without a declared encoding were written in, told by their bytes.

Names are short, so detectors for texts do not help. Each candidate is a language with its letters' frequencies and a
code page that spells it; the names' likelihood under each is compared (naive Bayes on letters, with the neighbours and
the case of each). What no language explains is left to code page 437, as the ZIP specification says.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

UNSPECIFIED = "cp437"
MOST_BYTES = 20_000
"""Bytes of names that are looked at: more of them do not make the judgement better."""

_UNDECODABLE = 1e-12
_ODD_BYTE = 1e-3  # of a name that no language explains
_ODD_LETTER = 1e-6
_PUNCTUATION = dict.fromkeys("–—’‘“”„«»…°№€©®·¿¡§", 0.002)
_WIDE_PUNCTUATION = dict.fromkeys("（）、。・「」－＿　ー～，：！？《》【】々", 0.004)
_ASCII_LETTER = 1 / 20
_BY_CHANCE = 4
"""So many bytes that go on with a character: fewer can be right in UTF-8 by chance (\u201c学校\u201d in GBK is)."""
_DECLARED = 1000.0
"""How much likelier UTF-8 is than a code page when all names are right in it."""
_OEM = 2.0
"""How much likelier a code page of DOS is in what a DOS or Windows packer wrote: they take the console's."""

_LATIN = {
    "german": (2.0, "ü30 ä25 ö15 ß12 é1 Ü6 Ä5 Ö4"),
    "french": (1.5, "é45 è12 à10 ê7 ç7 ô4 â4 î3 û2 ë2 ï2 ù1 œ1 É6 À1 È.7 Ê.4 Ç.5 Â.2 Î.1 Ô.1 ü.3 ö.2"),
    "iberian": (1.5, "ó16 í12 ã12 ç12 á14 é12 ñ9 ú6 ê5 õ4 â2 à1 ô1 ü.5 Á2 É1.5 Ó.7 Í.6 Ú.6 Ñ.3 Â.3 Ç.1 Õ.1 À.3"),
    "nordic": (0.8, "å20 ä16 ö20 ø16 æ12 é2 Å4 Ä2 Ö3 Ø3 Æ2 ü.5"),
    "italian": (0.5, "à25 è20 ò18 ù15 ì10 é5 È2 À1"),
    "icelandic": (0.1, "á15 ð14 í12 ó9 ú8 é6 ö9 æ7 þ5 ý4 Þ3 Á2 Í2 Ó1 Ö2 Ú1 Æ1"),
    "polish": (0.8, "ł18 ó14 ą14 ę13 ś9 ż10 ć6 ń4 ź2 Ł3 Ś2 Ż2 Ć.5 Ź.3 Ó.3"),
    "czech": (0.7, "á18 í16 é12 ě9 š8 č9 ř7 ž7 ý8 ů4 ú3 ň2 ť2 ď1 ľ2 ĺ.2 ô1 ä1 Š2 Č2 Ř1 Ž1.5 Á.7 Ú2 É.2 Ě.1 Ý.1"),
    "hungarian": (0.5, "á28 é25 ö12 ő9 ó9 ü8 í5 ú3 ű3 Á1.5 É1.5 Ö1 Ő1 Ó.5 Ü1 Ú.5 Í.3 Ű.2"),
    "romanian": (0.3, "ă35 î12 â10 ş14 ţ14 ș2 ț2 Î4 Ş2 Ţ2 Ă.5"),
    "balkan": (0.3, "č25 š25 ž22 ć18 đ8 Š4 Č3 Ž3 Ć1 Đ2"),
    "baltic": (
        0.3,
        "ė8 š9 ž7 ų6 ū6 į5 ą5 č4 ę3 ā14 ī8 ē8 ņ4 ļ3 ķ2 ģ2 õ3 ä5 ö2 ü4 Š1.5 Ž1 Č.5 Ā.7 Ī.2 Ē.3 Ķ.5 Ģ.3 Ū.2 Õ.3",
    ),
    "turkish": (0.7, "ı20 ş14 ğ9 ü16 ö9 ç10 İ5 Ş2 Ç2 Ü1 Ö1 â.5 î.3 Ğ.1 û.1"),
}
"""Languages that put some letters of their own among those of ASCII: how likely each is, and those letters."""

_CYRILLIC = (
    "о11 е8.4 а8 и7.3 н6.7 т6.3 с5.5 р4.7 в4.5 л4.4 к3.5 м3.2 д3 п2.8 у2.6 я2 ы1.9 ь1.7 г1.7 з1.6 б1.6 ч1.4 й1.2 х1 "
    "ж.9 ш.7 ю.6 ц.5 щ.4 э.3 ф.3 ё.3 ъ.1 і1.5 ї.4 є.3 ґ.02"
)
_GREEK = (
    "α9 ο8 ι7 ε7 τ7 σ5 ν6 η4 υ4 ς4 ρ4 π4 κ4 μ3 λ3 ω2 δ2 γ2 χ1.5 θ1.5 φ1 β1 ξ.6 ζ.5 ψ.2 ά3 έ2 ή2 ί3 ό3 ύ1.5 ώ1.5 ϊ.2 "
    "ϋ.05"
)
_HEBREW = "י11 ו10 ה9 ל7 א6 ר6 ת6 ב5 מ5 ש5 נ4 ם3 ח3 ד3 ע3 ק2 פ2 כ2 ט2 צ1.5 ן1.5 ג1.5 ס1.5 ז1 ך.6 ף.3 ץ.2"
_ARABIC = (
    "ا14 ل11 ي7 م6 و6 ن6 ر6 ت5 ب4 ة4 د3.5 ع3.5 س3.5 ه3 ك2.5 ف3 ق2.5 ح2.5 ش1.5 ج2 ص1.5 خ1.2 ط1.2 ض1 ذ.5 ث.7 غ.7 ز1 ظ.3 "
    "أ2 إ1 ى1 ئ.6 ء.5 ؤ.2 آ.3 پ.2 گ.2"
)
_THAI = (
    "า8 น7 ร7 ก6 อ5 เ5 ง5 ม4 ย4 ล3.5 ว3.5 ด3 ท3 ส3 ต3 ะ2.5 ป2.5 บ2.5 ค3 ห3 แ2.5 จ2 พ2 ช1.5 ข1.5 ใ1.3 ไ1.5 โ1 ผ.8 ถ.8 "
    "ซ.6 ศ.6 ษ.4 ณ.5 ธ.5 ภ.7 ญ.4 ฟ.4 ฝ.2 ฐ.2 ฉ.2 ฎ.1 ฏ.05 ฒ.05 ฆ.02 ฬ.03 ฮ.1 ฤ.1 ๆ.2 ฯ.1 ่6 ้5 ิ4 ี4 ั4 ็1.5 ์1.5 ึ1 "
    "ื1.5 ุ2 ู2 ำ1 ๊.1 ๋.1"
)
_HANGUL = (
    "이다는의에가을고하지기도를은한사로어리자서나인대정스그시아보수일부라해있들전원장제여구주만상조국과성동학생공신내비"
    "안유위무오모세연중선미화소관경우문방계용년적진당강물차행치거실마요회말양개분되간호면속점식음표남교바본재민설달권트감명"
    "형입까때발복결단저심같처노통영목약외던월러산반천크었습니했것데터운울게든체업타드파레료히너살각김날려력망박배번법별북불"
    "색석손술승야언역열왕웃육임작절족존종집찬참책철청초촌총최추출충친카코키태택토투팀편평포품프피필함합항향허험현협홍환활황"
    "획효후훈휴흥희새폴더일샘플훈련꽃나무봄름겨울졸진료획류"
)
_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种"
    "事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第"
    "公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合"
    "回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总"
    "何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听"
    "白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带"
    "导争运笔图片照料档版测试练标注猫狗车街苹叶花园春夏秋冬旅游毕同简历课议纪财部用户册备份压缩截微载样训集城村树鱼鸟河湖"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種"
    "事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第"
    "公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合"
    "回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總"
    "何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽"
    "白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶"
    "導爭運筆圖片照料檔案夾簿測試範例訓練標註貓狗車街蘋葉花園春夏秋冬旅遊畢約履歷課台灣臺北香港議紀錄樹魚鳥河湖集城村"
)
_KANJI = (
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選"
    "立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小"
    "七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原"
    "先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品論計官係"
    "感特情投示変打男基私各始島直両朝式確村提運終果西台広容必応演電住能無再位置真流格有口過局少放検町常校料状工建語空職"
    "証土急止送可役構木割聞身付切由説転食比防補車研収断南石足消境神番規術護展導備配副算視独警究育席起万着乗店線声試族例"
    "早映限親環験追商葉義形景落好準造英頭技低医写評課守若種美影命福松観察整横型白深字夜製票音様財港識注達像猫犬街路花庭"
    "春夏秋冬旅卒履歴類録複"
)


@dataclass(frozen=True)
class _Language:
    """Its letters' probabilities, what other letters get, and how it stands among ASCII and letters of its own."""

    letters: dict[str, float]
    after_ascii: float
    after_own: float
    bicameral: bool


def _weighted(text: str, capitals: bool = False) -> dict[str, float]:
    """`ü3 ä.5` as probabilities. capitals: each letter's capital gets a tenth of it, too."""
    found: dict[str, float] = {}
    for word in text.split():
        weight = word.lstrip("".join(char for char in word if not (char.isascii() and (char.isdigit() or char == "."))))
        for char in word[: len(word) - len(weight)]:
            found[char] = found.get(char, 0) + float(weight)
            if capitals and char.upper() not in (char, "Σ") and len(char.upper()) == 1:
                found[char.upper()] = found.get(char.upper(), 0) + float(weight) / 10
    total = sum(found.values())
    return {char: weight / total for char, weight in found.items()} | _PUNCTUATION


def _spread(*shares: tuple[float, Iterable[str]]) -> dict[str, float]:
    """Shares of probability, each spread over its letters; what comes first wins."""
    found: dict[str, float] = {}
    for share, letters in reversed(shares):
        known = set(letters)
        found |= dict.fromkeys(known, share / len(known))
    return found | _WIDE_PUNCTUATION


def _plane(codec: str, leads: range) -> list[str]:
    """The characters of a double-byte code page with these lead bytes and the trail bytes of its older standard."""
    pairs = (bytes((lead, trail)) for lead in leads for trail in range(0xA1, 0xFF))
    return [char for pair in pairs if len(char := pair.decode(codec, "ignore")) == 1]


def _kanji(leads: range) -> list[str]:
    pairs = (bytes((lead, trail)) for lead in leads for trail in range(0x40, 0xFD))
    return [char for pair in pairs if len(char := pair.decode("cp932", "ignore")) == 1]


@cache
def _languages() -> dict[str, _Language]:
    kana = [[chr(code) for code in codes] for codes in (range(0x3041, 0x3094), range(0x30A1, 0x30F7))]
    narrow_kana = [chr(code) for code in range(0xFF66, 0xFFA0)]
    big = [char for lead in range(0xA4, 0xC7) for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
           if len(char := bytes((lead, trail)).decode("cp950", "ignore")) == 1]  # fmt: skip
    rare_big = [char for lead in range(0xC9, 0xFA) for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
                if len(char := bytes((lead, trail)).decode("cp950", "ignore")) == 1]  # fmt: skip
    sparse = {name: _Language(_weighted(letters), 0.6, 0.1, True) for name, (_, letters) in _LATIN.items()}
    dense = {
        "cyrillic": _Language(_weighted(_CYRILLIC, True), 0.01, 0.79, True),
        "greek": _Language(_weighted(_GREEK, True), 0.01, 0.79, True),
        "hebrew": _Language(_weighted(_HEBREW), 0.01, 0.79, False),
        "arabic": _Language(_weighted(_ARABIC), 0.01, 0.79, False),
        "thai": _Language(_weighted(_THAI), 0.01, 0.79, False),
        "korean": _Language(
            _spread((0.8, _HANGUL), (0.16, _plane("cp949", range(0xB0, 0xC9))), (0.02, _hangul())),
            0.05, 0.7, False,
        ),
        "simplified": _Language(
            _spread((0.7, _SIMPLIFIED), (0.25, _plane("gbk", range(0xB0, 0xD8))),
                    (0.02, _plane("gbk", range(0xD8, 0xF8)))),
            0.05, 0.7, False,
        ),
        "traditional": _Language(_spread((0.7, _TRADITIONAL), (0.25, big), (0.02, rare_big)), 0.05, 0.7, False),
        "japanese": _Language(
            _spread((0.25, kana[0]), (0.35, kana[1]), (0.3, _KANJI), (0.08, _kanji(range(0x88, 0x98))),
                    (0.01, _kanji(range(0x98, 0xEB))), (0.005, narrow_kana)),
            0.05, 0.7, False,
        ),
    }  # fmt: skip
    return sparse | dense


def _hangul() -> list[str]:
    return [chr(code) for code in range(0xAC00, 0xD7A4)]


_WESTERN = ("german", "french", "iberian", "nordic", "italian", "icelandic")
_CENTRAL = ("polish", "czech", "hungarian", "romanian", "balkan", "german")
_CODECS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("cp437", _OEM, _WESTERN), ("cp850", _OEM, _WESTERN), ("cp1252", 1.0, _WESTERN),
    ("cp852", _OEM, _CENTRAL), ("cp1250", 1.0, _CENTRAL), ("cp775", _OEM, ("baltic",)), ("cp1257", 1.0, ("baltic",)),
    ("cp857", _OEM, ("turkish",)), ("cp1254", 1.0, ("turkish",)),
    ("cp866", _OEM, ("cyrillic",)), ("cp1251", 1.0, ("cyrillic",)), ("koi8-r", 0.1, ("cyrillic",)),
    ("cp737", 0.5, ("greek",)), ("cp1253", 0.5, ("greek",)), ("cp862", 0.5, ("hebrew",)), ("cp1255", 0.5, ("hebrew",)),
    ("cp720", 0.5, ("arabic",)), ("cp1256", 0.5, ("arabic",)), ("cp874", 0.5, ("thai",)),
    ("cp932", 1.0, ("japanese",)), ("cp949", 1.0, ("korean",)), ("gbk", 1.0, ("simplified",)),
    ("cp950", 1.0, ("traditional",)),
)  # fmt: skip
"""Code pages, how likely each is before its names are seen, and whose names it spells. Of equals the first is taken."""


def judge(names: Sequence[bytes]) -> str:
    """The code page (a Python codec) that all of these names were most likely written in, or UTF-8."""
    parts = _parts(names)
    best, codec = sum(_odd(part) for part in parts), UNSPECIFIED
    if all(_is_utf8(part) for part in parts):
        if sum(len(part) - len(part.decode()) for part in parts) > _BY_CHANCE:
            return "utf-8"
        best, codec = max(best, math.log(_DECLARED) + max(_all(parts, "utf-8", name) for name in _languages())), "utf-8"
    for candidate, prior, languages in _CODECS:
        for language in languages:
            found = math.log(prior * _LATIN.get(language, (1.0, ""))[0]) + _all(parts, candidate, language)
            if found > best:
                best, codec = found, candidate
    return codec


def _all(parts: Sequence[bytes], codec: str, language: str) -> float:
    return sum(_likelihood(part, codec, _languages()[language]) for part in parts)


def _parts(names: Sequence[bytes]) -> list[bytes]:
    """The different parts of paths with bytes outside of ASCII, the first ones of very many."""
    found: dict[bytes, None] = {}
    left = MOST_BYTES
    for name in names:
        if name.isascii():
            continue
        for part in (name[:1000],) if b"/" not in name else name[:1000].split(b"/"):
            if not part.isascii() and part not in found and left > 0:
                found[part] = None
                left -= len(part)
    return list(found)


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _odd(part: bytes) -> float:
    """The logarithm of a part's likelihood when it is in no language that is known here."""
    return sum(math.log(_ODD_BYTE if byte > 127 else _ASCII_LETTER) for byte in part)


def _likelihood(part: bytes, codec: str, language: _Language) -> float:
    """The logarithm of how likely a person of this language gave this name."""
    try:
        text = part.decode(codec)
    except UnicodeDecodeError:
        return len(part) * math.log(_UNDECODABLE)
    found, before = 0.0, ""
    for char, after in zip(text, [*text[1:], ""], strict=True):
        if char.isascii():
            found += math.log(_ASCII_LETTER)
        else:
            found += math.log(language.letters.get(char, _ODD_LETTER))
            if char not in _PUNCTUATION:
                found += _beside(before, language) + _beside(after, language)
            if language.bicameral and char.isupper() and before.islower():
                found += math.log(0.02)
        before = char
    return found


def _beside(char: str, language: _Language) -> float:
    """How well a neighbour suits a letter of the language."""
    if char and not char.isascii() and unicodedata.category(char)[0] in "LM":
        return math.log(language.after_own)
    if char.isascii() and char.isalpha():
        return math.log(language.after_ascii)
    return math.log(1 - language.after_own - language.after_ascii)
