"""Names in zips come out as the people who gave them would read them."""

import io
import random
import struct
import unicodedata
import zipfile
import zlib

import pytest

from labeling.images import codepages, zips
from labeling.images.reading import Rejected

pytestmark = pytest.mark.once

# fmt: off
NAMES: dict[str, tuple[list[str], list[str]]] = {
    "german": (
        ["cp437", "cp850", "cp1252"],
        [
            "Übersicht.png", "Straße 12.jpg", "Küche/Bild 1.jpg", "Äpfel.png", "Frühling.jpg",
            "Löwe.png", "Grün.png", "Schönes Mädchen.jpg", "Größe.png", "Müller.jpg",
            "Vögel am See.png",
        ],
    ),
    "french": (
        ["cp850", "cp1252"],
        [
            "été.jpg", "forêt.png", "élève.jpg", "Noël 2019.png", "façade.jpg", "château.png",
            "photo à côté.jpg", "École.png", "crème brûlée.jpg", "garçon.png",
        ],
    ),
    "spanish": (
        ["cp850", "cp1252"],
        [
            "niño.jpg", "montaña.png", "camión.jpg", "cumpleaños.png", "jardín.jpg", "Árbol.png",
            "año nuevo.jpg", "corazón.png", "pingüino.jpg", "canción.png",
        ],
    ),
    "portuguese": (
        ["cp850", "cp1252"],
        [
            "coração.jpg", "maçã.png", "São Paulo.jpg", "avião.png", "cão.jpg", "lição.png",
            "pássaro.jpg", "férias.png", "árvore.jpg", "pão de queijo.png",
        ],
    ),
    "swedish": (
        ["cp850", "cp1252"],
        [
            "älg.jpg", "Malmö.png", "blåbär.jpg", "träd.png", "Åre.jpg", "höst.png", "sjö.jpg",
            "räksmörgås.png", "Göteborg.jpg", "öl.png",
        ],
    ),
    "danish": (
        ["cp850", "cp1252"],
        [
            "æble.jpg", "rød bil.png", "blå.jpg", "København.png", "ø.jpg", "Århus.png", "kød.jpg",
            "måge.png", "hæk.jpg", "grøn.png",
        ],
    ),
    "polish": (
        ["cp852", "cp1250"],
        [
            "zdjęcie.jpg", "Łódź.png", "kot śpi.jpg", "jabłko.png", "żółw.jpg", "ślub.png",
            "książka.jpg", "gęś.png", "Kraków.jpg", "świąteczne.png",
        ],
    ),
    "czech": (
        ["cp852", "cp1250"],
        [
            "kočka.jpg", "příroda.png", "žlutý kůň.jpg", "město.png", "škola.jpg", "řeka.png",
            "čaj.jpg", "dítě.png", "Vánoce.jpg", "úřad.png",
        ],
    ),
    "hungarian": (
        ["cp852", "cp1250"],
        [
            "gyűrű.jpg", "erdő.png", "őszi kép.jpg", "tűz.png", "kép.jpg", "macska és kutya.png",
            "könyv.jpg", "szőlő.png", "nyár.jpg", "fűző.png",
        ],
    ),
    "turkish": (
        ["cp857", "cp1254"],
        [
            "kış.jpg", "çiçek.png", "ağaç.jpg", "İstanbul.png", "kırmızı.jpg", "güneş.png",
            "şehir.jpg", "öğrenci.png", "yaz tatili fotoğrafı.jpg", "küçük.png",
        ],
    ),
    "russian": (
        ["cp866", "cp1251"],
        [
            "фото/кот.png", "Отчёт.jpg", "Новая папка/снимок 1.png", "собака.jpg", "улица.png",
            "яблоко.jpg", "Москва.png", "зима 2020.jpg", "дерево.png", "Копия фото.jpg",
            "день рождения.jpg",
        ],
    ),
    "ukrainian": (
        ["cp1251"],
        [
            "вулиця.jpg", "Київ.png", "зображення 1.jpg", "дерево.png", "собака.jpg", "літо.png",
            "кішка.jpg", "яблуко.png", "місто.jpg", "їжак.png",
        ],
    ),
    "greek": (
        ["cp737", "cp1253"],
        [
            "γάτα.jpg", "Αθήνα.png", "σκύλος.jpg", "φωτογραφία.png", "δέντρο.jpg", "δρόμος.png",
            "καλοκαίρι.jpg", "σπίτι.png", "νέος φάκελος.jpg", "θάλασσα.png",
        ],
    ),
    "hebrew": (
        ["cp862", "cp1255"],
        [
            "חתול.jpg", "תמונה.png", "כלב.jpg", "רחוב.png", "ירושלים.jpg", "עץ.png", "תפוח.jpg",
            "תיקיה חדשה.png", "קיץ.jpg", "בית.png",
        ],
    ),
    "arabic": (
        ["cp1256"],
        [
            "قطة.jpg", "صورة.png", "كلب.jpg", "شارع.png", "القاهرة.jpg", "شجرة.png", "تفاحة.jpg",
            "مجلد جديد.png", "الصيف.jpg", "بيت.png",
        ],
    ),
    "thai": (
        ["cp874"],
        [
            "แมว.jpg", "รูปภาพ.png", "สุนัข.jpg", "ถนน.png", "กรุงเทพ.jpg", "ต้นไม้.png",
            "แอปเปิ้ล.jpg", "โฟลเดอร์ใหม่.png", "ฤดูร้อน.jpg", "บ้าน.png",
        ],
    ),
    "japanese": (
        ["cp932"],
        [
            "写真.jpg", "猫.png", "新しいフォルダー/画像1.jpg", "東京タワー.png", "ソース.jpg", "桜.png",
            "夏休みの思い出.jpg", "スクリーンショット.png", "議事録.jpg", "ﾃｽﾄ.png", "犬と散歩.jpg", "表示.png",
        ],
    ),
    "korean": (
        ["cp949"],
        [
            "고양이.jpg", "사진.png", "새 폴더/강아지.jpg", "서울.png", "나무.jpg", "여름 휴가.png", "가을 풍경.jpg",
            "학교.png", "보고서.jpg", "꽃.png", "펭귄.jpg", "뽀로로.png",
        ],
    ),
    "chinese": (
        ["gbk"],
        [
            "照片.jpg", "猫.png", "新建文件夹/图片1.jpg", "北京.png", "苹果.jpg", "学校.png", "微信图片_2020.jpg",
            "测试数据.png", "春天的花.jpg", "狗.png", "截图.jpg", "长城.png",
        ],
    ),
    "taiwan": (
        ["cp950"],
        [
            "照片.jpg", "貓.png", "新增資料夾/圖片1.jpg", "臺北.png", "蘋果.jpg", "學校.png", "測試資料.jpg",
            "春天的花.png", "狗狗.jpg", "螢幕擷取畫面.png", "高雄.jpg", "香港夜景.png",
        ],
    ),
}
# fmt: on


def archive(
    names: list[bytes], *, flag: bool = False, extras: list[bytes] | None = None, content: bytes = b"x", system: int = 0
) -> bytes:
    """A stored zip with these very bytes as names."""
    body, directory = b"", b""
    for name, extra in zip(names, extras or [b""] * len(names), strict=True):
        fields = struct.pack(
            "<HHHHHIIIHH", 20, 0x800 if flag else 0, 0, 0, 33, zlib.crc32(content), len(content), len(content),
            len(name), len(extra),
        )  # fmt: skip
        at = len(body)
        body += b"PK\3\4" + fields + name + extra + content
        directory += b"PK\1\2" + struct.pack("<BB", 20, system) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, at) + name + extra
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def read(data: bytes) -> list[str]:
    """The names of the files, and that each can be unpacked."""
    with zips.open_zip(io.BytesIO(data)) as opened:
        found = list(opened.entries())
        for entry in found:
            assert opened.archive.open(entry.info).read()
        return [entry.name for entry in found]


def test_utf8_that_is_not_declared() -> None:
    """As Debian's `zip` and macOS write it."""
    assert read(archive(["Übersicht 写真.png".encode(), b"plain.png"], system=3)) == ["Übersicht 写真.png", "plain.png"]


def test_utf8_that_is_declared() -> None:
    assert read(archive(["Ω.png".encode()], flag=True)) == ["Ω.png"]


def test_a_declared_name_that_is_not_utf8_spoils_no_other() -> None:
    assert read(archive([b"gr\xfcn.png", "è.png".encode()], flag=True)) == ["grün.png", "è.png"]


@pytest.mark.parametrize("lies", [False, True])
def test_the_unicode_path_field_counts_if_it_is_of_this_name(lies: bool) -> None:
    raw, right = "фото.png".encode("cp866"), "фото/кот.png".encode()
    extra = b"\1" + struct.pack("<I", zlib.crc32(raw) ^ lies) + right
    extra = b"xx\0\0" + b"up" + struct.pack("<H", len(extra)) + extra
    assert read(archive([raw], extras=[extra])) == ["фото.png" if lies else "фото/кот.png"]


def test_macos_names_are_composed_and_its_files_left_out() -> None:
    name = unicodedata.normalize("NFD", "Käse é.png")
    assert len(name) > len("Käse é.png")
    files = [name, "__MACOSX/._" + name, "a/.DS_Store", "._b.png"]
    assert read(archive([one.encode() for one in files], system=3)) == ["Käse é.png"]


def test_windows_folders_are_no_files() -> None:
    raw = ["写真\\".encode("cp932"), "写真\\表.png".encode("cp932")]
    with zips.open_zip(io.BytesIO(archive(raw, content=b""))) as opened:
        assert [entry.name for entry in opened.entries()] == ["写真/表.png"]


@pytest.mark.parametrize("language", NAMES)
def test_all_names_of_an_archive_together(language: str) -> None:
    codecs, names = NAMES[language]
    for codec in codecs:
        assert read(archive([name.encode(codec) for name in names])) == names


def test_few_names_are_judged_right_nearly_always() -> None:
    """One name alone can be right in two languages (é or ę?); three hardly ever are."""
    choice, right = random.Random(1), {1: [], 3: []}  # type: ignore[var-annotated]
    for codecs, names in NAMES.values():
        for codec in codecs:
            for count, found in right.items():
                for _ in range(10):
                    picked = choice.sample(names, count)
                    raw = [name.encode(codec) for name in picked]
                    judged = codepages.judge(raw)
                    found.append([name.decode(judged, "replace") for name in raw] == picked)
    assert sum(right[1]) / len(right[1]) > 0.88
    assert sum(right[3]) / len(right[3]) > 0.97


def test_what_is_in_no_language_is_taken_as_the_specification_says() -> None:
    name = "░▒▓█┤.png"
    assert read(archive([name.encode("cp437")])) == [name]


def test_a_name_of_65535_bytes() -> None:
    name = "é" * 32_765 + ".png"
    assert read(archive([name.encode()])) == [name]


def test_names_of_twenty_thousand_files_take_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    likelihood = codepages._likelihood

    def counted(part: bytes, codec: str, language: codepages._Language) -> float:
        seen.append(part)
        return likelihood(part, codec, language)

    monkeypatch.setattr(codepages, "_likelihood", counted)
    codepages.judge([f"файл {n}.png".encode("cp866") for n in range(20_000)])
    assert sum(len(part) for part in set(seen)) < codepages.MOST_BYTES + 100


def test_entries_that_share_their_bytes() -> None:
    data = bytearray(archive([b"a.png", b"b.png"], content=b"x" * 50))
    second = data.rfind(b"PK\1\2")
    struct.pack_into("<I", data, second + 42, 0)  # the second one is the first one again
    with zips.open_zip(io.BytesIO(bytes(data))) as opened:
        for entry in opened.entries():
            with pytest.raises(Rejected, match="shares its bytes"):
                zips.check(entry)


@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (93, "Zstandard"), (98, "PPMd"), (77, "method 77")])
def test_a_method_that_is_not_known_is_named(method: int, name: str) -> None:
    data = bytearray(archive([b"a.png"]))
    struct.pack_into("<H", data, 8, method)
    struct.pack_into("<H", data, data.find(b"PK\1\2") + 10, method)
    with zips.open_zip(io.BytesIO(bytes(data))) as opened, pytest.raises(Rejected, match=name):
        zips.check(next(iter(opened.entries())))


def test_names_that_come_twice_are_both_there() -> None:
    assert read(archive([b"a.png", b"a.png"])) == ["a.png", "a.png"]


@pytest.mark.parametrize("behind", [b"", b"garbage" * 100])
def test_zip64_and_what_stands_around_a_zip(behind: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name in ("Ä.png", "ж.png"):
            written.writestr(name, b"x")
    data = b"#! self-extracting " + out.getvalue() + behind
    assert b"PK\6\7" in data
    assert read(data) == ["Ä.png", "ж.png"]


def test_too_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_ENTRIES", 3)
    with pytest.raises(Rejected, match="more than 3 files"):
        zips.open_zip(io.BytesIO(archive([b"a", b"b", b"c", b"d"])))
