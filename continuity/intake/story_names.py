"""Names that people of the made-up county go by."""

from typing import NamedTuple


class Heritage(NamedTuple):
    """A community's names: what girls and boys are called, family names, and the language often spoken at home."""

    women: list[str]
    men: list[str]
    families: list[str]
    language: str
    speaks_it: float
    double: float
    middle_women: list[str]
    middle_men: list[str]


def _names(text: str) -> list[str]:
    return text.split()


_SPANISH_WOMEN = _names("""
    Marisol Xóchitl Guadalupe Araceli Yesenia Inés Itzel Lucía Ximena Rocío Graciela Leticia Noemí
    Consuelo Esperanza Rosalía Paloma Socorro Maribel Citlali Verónica Mónica Angélica Beatriz Pilar
    Zulema Alma Estela Fabiola Luz Magdalena Dolores Raquel Elvira Nayeli Perla Amparo Susana Teresita
    Yolanda Belén Jimena
""")
_SPANISH_MEN = _names("""
    Joaquín Óscar Efraín Ramón Tomás Germán Ismael Rigoberto Cuauhtémoc Andrés Ángel Benito Adán Saúl
    Gustavo Heriberto Ignacio Lázaro Mateo Néstor Octavio Raúl Salvador Tadeo Ulises Vicente Zacarías
    Álvaro Iván Hilario Fidel Eliseo Cristóbal Baltazar Armando Rubén Macario Nicolás Leobardo Jesús
    Gerardo Emiliano
""")
_SPANISH_FAMILIES = _names("""
    Alvarado Arellano Arreola Barragán Bañuelos Becerra Bermúdez Briseño Cárdenas Castañeda Cervantes
    Chávez Contreras Covarrubias Delgadillo Durán Escobedo Espinoza Figueroa Galván Gaytán Godínez
    Guajardo Hinojosa Huerta Ibáñez Jáuregui Lozano Luévano Madrigal Maldonado Márquez Melgoza Mondragón
    Montañez Murrieta Núñez Ocampo Ochoa Ordóñez Orozco Palomares Peralta Pizano Quezada Quiñones
    Rentería Rincón Robledo Saldaña Sandoval Santillán Sepúlveda Solórzano Tamayo Tejeda Toscano Treviño
    Urrutia Valdovinos Velázquez Villaseñor Yáñez Zamarripa Zaragoza Zepeda Zúñiga
""")
_ANGLO_WOMEN = _names("""
    Abigail Blythe Cordelia Delphine Edith Fern Georgina Harriet Imogen Juniper Kathleen Lorraine Maeve
    Nadine Opal Prudence Quincy Rosemary Sylvia Tabitha Ursula Violet Winifred Yvonne Agatha Bonnie
    Clementine Doreen Eunice Frances Greta Hazel Ivy Josephine Kerry Lenore Mabel Nora Philippa Ramona
    Shelby Tess
""")
_ANGLO_MEN = _names("""
    Ambrose Bertram Clyde Desmond Edgar Floyd Gilbert Hollis Ingram Jasper Kermit Leland Merle Nolan
    Orville Percy Quentin Roscoe Silas Truman Upton Vernon Wendell Alden Barnaby Calvin Dexter Emmett
    Forrest Gordon Hobart Irving Judson Kendrick Lowell Milo Newton Otis Preston Rufus Sterling Thaddeus
""")
_ANGLO_FAMILIES = _names("""
    Applegarth Ashgrove Barleycorn Birdwhistle Blackthorn Bramblett Brightwater Candlewick Clearwell
    Copperfield Crabtree Cranmoor Dandridge Dovecote Driftwood Elderberry Fairweather Farthingale
    Featherstone Fernsby Fiddler Foxglove Gatherwood Goldfinch Greengrass Hartwhistle Hawkshaw Hazelwood
    Heatherly Hollowell Honeycutt Ironmonger Jessamine Kingfisher Lamplighter Larkspur Littlefield
    Longacre Lovelace Marchbank Marigold Meadowcroft Merriweather Millstone Moonstone Nettleship
    Nightingale Oakenfold Orchardson Pennywhistle Peppercorn Pinkerton Quickfall Quillfeather
    Ravensworth Rosewarne Rushmoor Saltmarsh Shadwell Silverthorn Skylark Snowdon Sparrowhawk Starling
    Summerscale Sweetwater Swiftwater Tanglewood Thistlewood Threadgold Tumbleweed Underhill Vinegar
    Wagstaff Waterhouse Weatherall Whitlock Wildgoose Willowby Winterbourne Wolfenden Woodbine Yarrow
""")
_BLACK_WOMEN = _names("""
    Aaliyah Bernadine Charlesetta Deandra Ebony Fantasia Gwendolyn Hattie Imani Jamila Keisha Latasha
    Monique Nia Octavia Patrice Quiana Roshonda Shanice Tamika Undra Venetia Wilhelmina Yolonda Zora
    Ernestine Latoya Marquita Odessa Precious Renata Sojourner Tanisha Vashti
""")
_BLACK_MEN = _names("""
    Alonzo Booker Cornelius Darnell Earnest Fitzgerald Garfield Hakeem Isaiah Jamal Kareem Lamar Malik
    Nathaniel Odell Percival Quinton Reginald Sylvester Terrence Ulysses Vondell Willie Xavier Zachariah
    Antwan Cleophus DeShawn Jermaine Marquis Rashad Tyrell Thelonious Langston
""")
_BLACK_FAMILIES = _names("""
    Attucks Baptiste Bellamy Bluefield Broadnax Caldwell Cleveland Coltrane Culpepper Dorsey Easter
    Fontenot Freeman Gadsden Gaines Gilchrist Glasper Hightower Holloway Ivory Jefferson-Bell Jubilee
    Kincaid Lacewell Ladson Lovejoy Mayfield Merritt Moseley Northington Oglesby Pettigrew Pinckney
    Prioleau Ravenell Rutledge Sample Singletary Stokely Swanigan Tolliver Truesdale Turnipseed Vessel
    Wadsworth Waverly Whisonant Witherspoon Yancey Youngblood
""")
_VIETNAMESE_WOMEN = _names("""
    Lan Hương Mai Hoa Thảo Ngọc Yến Phượng Tuyết Quỳnh Trâm Liên Diễm Bích Hạnh Loan Nhung Oanh Thu Vân
    Xuân Hằng Kiều Nga Thủy Cúc Dung Giang Hà Linh
""")
_VIETNAMESE_MEN = _names("""
    Minh Dũng Hùng Tuấn Quang Phúc Đức Khoa Long Nam Sơn Thắng Trung Việt Bảo Cường Đạt Hải Khánh Lộc
    Nghĩa Phong Quân Tài Thịnh Toàn Vinh An Hiếu Kiệt
""")
_VIETNAMESE_FAMILIES = _names("""
    Nguyễn Trần Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Lâm Mai Trịnh Tạ
    Châu Quách Thái
""")
_ARMENIAN_WOMEN = _names("""
    Anahit Ani Araksi Arpine Astghik Gayane Hasmik Karine Lilit Lusine Mariam Marine Nane Narine Nune
    Ruzanna Satenik Shushan Siranush Sona Tamara Varduhi Yeva Zabel Zaruhi
""")
_ARMENIAN_MEN = _names("""
    Aram Armen Arshak Artak Ashot Davit Garegin Gevorg Grigor Hagop Hayk Hovhannes Karen Levon Mher
    Narek Petros Ruben Samvel Sarkis Tigran Vahan Vardan Yervand Zaven
""")
_ARMENIAN_FAMILIES = _names("""
    Abgaryan Aghajanian Arakelyan Avetisyan Baghdasarian Bedrosian Chobanyan Danielyan Garabedian
    Gasparyan Ghazarian Grigoryan Hakobyan Hovsepian Kalantaryan Kazarian Khachaturyan Mkrtchyan
    Manoogian Melikyan Nalbandian Ohanyan Papazian Petrosyan Saroyan Sargsyan Shahinian Stepanyan
    Terzian Vardanyan Yeghiazaryan Zakaryan
""")
_PUNJABI_WOMEN = _names("""
    Amarjit Baljinder Charanjit Daljit Gurleen Harpreet Inderjit Jasleen Kirandeep Loveleen Manpreet
    Navneet Parminder Rajwinder Simran Sukhdeep Tejinder
""")
_PUNJABI_MEN = _names("""
    Arjan Balbir Dilbagh Fateh Gurdeep Hardev Iqbal Jagtar Kulwant Lakhbir Mohinder Nirmal Paramvir
    Ranjodh Satnam Tarlochan Zorawar
""")
_PUNJABI_FAMILIES = _names("""
    Atwal Bains Bhullar Chahal Cheema Dhaliwal Dhillon Gill Grewal Hundal Johal Kang Mann Nijjar Pannu
    Randhawa Sandhu Sidhu Sohal Toor Uppal Virk
""")

_SPANISH = Heritage(
    _SPANISH_WOMEN, _SPANISH_MEN, _SPANISH_FAMILIES, "es", 0.45, 0.45, _SPANISH_WOMEN, _SPANISH_MEN
)
_ANGLO = Heritage(_ANGLO_WOMEN, _ANGLO_MEN, _ANGLO_FAMILIES, "en", 1.0, 0.06, _ANGLO_WOMEN, _ANGLO_MEN)
_BLACK = Heritage(_BLACK_WOMEN, _BLACK_MEN, _BLACK_FAMILIES, "en", 1.0, 0.05, _BLACK_WOMEN, _BLACK_MEN)
_VIETNAMESE = Heritage(
    _VIETNAMESE_WOMEN, _VIETNAMESE_MEN, _VIETNAMESE_FAMILIES, "vi", 0.6, 0.0,
    ["Thị", "Thị", "Ngọc", "Thanh", "Kim", "Mỹ"], ["Văn", "Văn", "Hữu", "Đình", "Quốc", "Thanh"],
)  # fmt: skip
_ARMENIAN = Heritage(
    _ARMENIAN_WOMEN, _ARMENIAN_MEN, _ARMENIAN_FAMILIES, "hy", 0.5, 0.03, _ARMENIAN_WOMEN, _ARMENIAN_MEN
)
_PUNJABI = Heritage(
    _PUNJABI_WOMEN, _PUNJABI_MEN, _PUNJABI_FAMILIES, "pa", 0.5, 0.0, ["Kaur"], ["Singh"]
)  # fmt: skip

# Twenty-five places: a community appears as often as it is met in the county.
HERITAGES = [_SPANISH] * 11 + [_ANGLO] * 7 + [_BLACK] * 3 + [_VIETNAMESE] * 2 + [_ARMENIAN, _PUNJABI]
