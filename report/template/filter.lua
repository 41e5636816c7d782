-- Pandoc's document, as the notebooks give it, to what report.typ understands.
--
-- Whatever can't be carried over faithfully is a fault: it goes to standard error, and the
-- build stops on it. So this filter needs to know only the subset of TeX that the notebooks use.

local stringify = pandoc.utils.stringify
local persian = false

local function fault(message)
  io.stderr:write(message .. "\n")
end

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local function typst(blocks)
  local options = pandoc.WriterOptions { wrap_text = "none" }
  return (pandoc.write(pandoc.Pandoc(blocks), "typst", options):gsub("%s+$", ""))
end

local function label(identifier)
  return identifier ~= "" and " <" .. identifier .. ">" or ""
end

-- Mathematics --------------------------------------------------------------------------------

-- TeX that pandoc drops or alters without a word, and what to write in its place.
local unfaithful = {
  { "\\;", "\\quad or \\," },
  { "\\!", "nothing" },
  { "\\|", "\\lVert and \\rVert" },
  { "\\tag", "\\label{eq-...}, which numbers the equation" },
  { "\\eqref", "@eq-..." },
  { "\\ref", "@eq-..." },
  { "\\left.", "\\Big|" },
  { "\\right.", "\\begin{cases}" },
  { "\\begin{align}", "\\begin{aligned} inside $$" },
  { "\\begin{align*}", "\\begin{aligned} inside $$" },
  { "\\begin{array}", "\\begin{pmatrix}, \\begin{bmatrix} or \\begin{cases}" },
  { "\\begin{matrix}", "\\begin{pmatrix} or \\begin{bmatrix}" },
  { "\\begin{smallmatrix}", "\\begin{pmatrix} or \\begin{bmatrix}" },
  { "\\begin{vmatrix}", "\\det" },
  { "\\begin{Vmatrix}", "\\lVert and \\rVert" },
}

-- Names that Typst has changed since this pandoc was made.
local renamed = {
  { "times%.circle", "times.o" },
  { "dot%.circle", "dot.o" },
  { "minus%.circle", "minus.o" },
  { "%f[%w]sect%f[%W]", "inter" },
}

local function check_tex(tex)
  for _, pair in ipairs(unfaithful) do
    local at = tex:find(pair[1], 1, true)
    -- "\\" followed by a space or "[" ends a line of a matrix; it is no command of its own.
    if at and not tex:sub(1, at - 1):match("\\$") then
      fault("the formula " .. tex .. " uses " .. pair[1] .. ", which is not carried over: write "
        .. pair[2] .. " in its place")
    end
  end
  local _, opened = tex:gsub("\\begin{aligned}", "")
  if opened > 1 and tex:match("\\begin{aligned}.-\\begin{aligned}.-\\end{aligned}.-\\end{aligned}")
      and not tex:match("\\begin{aligned}.-\\end{aligned}.-\\begin{aligned}") then
    fault("the formula " .. tex .. " nests aligned in aligned: write cases or two formulae")
  end
end

-- Operators get the operator's spacing, and with a star their limits below.
local function mark_operators(tex, converted)
  local limits = {}
  local function key(name) return (name:gsub("\\[,; ]", ""):gsub("[^%w]", "")) end
  for star, name in tex:gmatch("\\operatorname(%*?)%s*{([^}]*)}") do
    limits[key(name)] = star == "*"
  end
  return (converted:gsub('"([^"]+)"', function(name)
    local below = limits[key(name)]
    if below == nil then return nil end
    return 'op("' .. name .. '"' .. (below and ", limits: #true" or "") .. ")"
  end))
end

function Math(math)
  local identifier = math.text:match("\\label{([^}]*)}") or ""
  local tex = math.text:gsub("%s*\\label{[^}]*}", ""):gsub("^%s+", ""):gsub("%s+$", "")
  check_tex(tex)
  local converted = typst { pandoc.Para { pandoc.Math(math.mathtype, tex) } }
  if converted:sub(1, 1) ~= "$" then
    fault("Could not convert TeX math: " .. tex)
    return nil
  end
  for _, pair in ipairs(renamed) do converted = converted:gsub(pair[1], pair[2]) end
  converted = mark_operators(tex, converted)
  local display = math.mathtype == "DisplayMath"
  if not display and identifier ~= "" then
    fault("the label " .. identifier .. " is on a formula inside a line: only $$ ... $$ is numbered")
  end
  local call = display and "#display-equation(" or "#inline-equation("
  local numbered = identifier ~= "" and ", numbered: true" or ""
  return pandoc.RawInline("typst",
    call .. quoted(tex) .. ", " .. converted .. numbered .. ")" .. label(identifier))
end

-- References -----------------------------------------------------------------------------------

local function write_each(cite, call)
  local calls = {}
  for _, citation in ipairs(cite.citations) do
    table.insert(calls, "#" .. call .. "(<" .. citation.id .. ">)")
  end
  return pandoc.RawInline("typst", table.concat(calls, persian and "، " or ", "))
end

function Cite(cite)
  for _, citation in ipairs(cite.citations) do
    if not citation.id:match("^fig%-") and not citation.id:match("^tbl%-")
        and not citation.id:match("^eq%-") and not citation.id:match("^sec%-") then
      -- Pandoc's own writing is right, but Typst would put Latin commas between several.
      return persian and #cite.citations > 1 and write_each(cite, "cite") or nil
    end
  end
  return write_each(cite, "ref")
end

-- Figures and tables ---------------------------------------------------------------------------

local function figure(source, alt, caption, identifier)
  if alt == "" then fault("the picture " .. source .. " has no alternative text") end
  if #caption == 0 then fault("the picture " .. source .. " has no caption") end
  return pandoc.RawBlock("typst", "#figure(image(" .. quoted(source) .. ", alt: " .. quoted(alt)
    .. "), caption: [" .. typst(caption) .. "])" .. label(identifier))
end

function Figure(block)
  local image
  block.content:walk { Image = function(found) image = found end }
  if not image then return nil end
  local identifier = block.identifier ~= "" and block.identifier or image.identifier
  return figure(image.src, image.attributes.alt or "", block.caption.long, identifier)
end

function Image(image)
  if not image.attributes.alt and stringify(image.caption) == "" then
    fault("the picture " .. image.src .. " has no alternative text")
  end
end

-- Short tables stay on one page; long ones may break, and repeat their head.
local longest_unbroken = 24

local function set_table(block, caption, identifier)
  local rows = 0
  for _, body in ipairs(block.bodies) do rows = rows + #body.body end
  if caption then block.caption = pandoc.Caption(caption) end
  if persian then
    -- Words begin at the right, where Persian begins, and numbers end there.
    for column, spec in ipairs(block.colspecs) do
      if spec[1] == "AlignLeft" then block.colspecs[column] = { "AlignRight", spec[2] } end
    end
  end
  local settings = ""
  if rows > longest_unbroken then
    settings = "#show figure: set block(breakable: true)\n#set figure(placement: none)\n"
  end
  local after = label(identifier)
  if #block.caption.long == 0 then
    settings = settings .. "#set figure(numbering: none, placement: none)\n"
    after = ""
  end
  local before = "#[" .. settings
  after = after .. "]"
  block.attr = pandoc.Attr()
  return pandoc.RawBlock("typst", before .. typst { block } .. after)
end

local function wrapped(before, blocks, after)
  local result = pandoc.Blocks { pandoc.RawBlock("typst", before) }
  result:extend(blocks)
  result:insert(pandoc.RawBlock("typst", after))
  return result
end

-- A DataFrame comes as HTML: its names at the left, its numbers at the right.
local function read_html(html)
  local blocks = pandoc.read(html, "html").blocks:walk { Table = function(block)
    for column, spec in ipairs(block.colspecs) do
      block.colspecs[column] = { column == 1 and "AlignLeft" or "AlignRight", nil }
    end
    return set_table(block, nil, "")
  end }
  return wrapped("#left-to-right[", blocks, "]")
end

-- Longest run of code that still fits between the margins, indented as the rest of a line.
local longest_word = 80

local function breakable(text)
  return (text:gsub("%S+", function(word)
    if #word <= longest_word or utf8.len(word) == nil then return nil end
    local pieces, count = {}, 0
    for _, code in utf8.codes(word) do
      table.insert(pieces, utf8.char(code))
      count = count + 1
      if count % longest_word == 0 then table.insert(pieces, utf8.char(0x200B)) end
    end
    return table.concat(pieces)
  end))
end

function CodeBlock(block)
  block.text = breakable(block.text)
  return block
end

-- A name of so many letters is not broken, and nothing beside it changes its order.
local longest_name = 40

-- A name or an English remark within a Persian line.
function Span(span)
  if span.attributes.dir ~= "ltr" then return nil end
  local short = utf8.len(stringify(span.content)) <= longest_name
  local result = pandoc.Inlines {
    pandoc.RawInline("typst", short and "#box(text(dir: ltr)[" or "#text(dir: ltr)["),
  }
  result:extend(span.content)
  result:insert(pandoc.RawInline("typst", short and "])" or "]"))
  return result
end

function Div(div)
  -- For Jupyter only: a Persian edition runs from the right as a whole.
  if div.attributes.dir == "rtl" then return div.content end
  if div.classes:includes("report-figure") then
    return figure(div.attributes.src, div.attributes.alt or "", div.content, div.identifier)
  end
  if div.classes:includes("report-table") then
    local table_block, caption = div.content[1], div.content[2]
    if not table_block or table_block.t ~= "Table" or not caption then
      fault("the table " .. div.identifier .. " could not be read as a pipe table")
      return nil
    end
    return set_table(table_block, caption.content, div.identifier)
  end
  if div.classes:includes("summary") then
    -- Question, answer, key figure.
    local widths = { 0.15, 0.57, 0.28 }
    for column, width in ipairs(widths) do div.content[1].colspecs[column][2] = width end
    return div.content
  end
  for _, class in ipairs { "code-input", "code-output", "left-to-right" } do
    if div.classes:includes(class) then return wrapped("#" .. class .. "[", div.content, "]") end
  end
end

-- What Typst must not lose -----------------------------------------------------------------------

function RawBlock(raw)
  if raw.format == "html" then return read_html(raw.text) end
  if raw.format ~= "typst" then
    fault("this " .. raw.format .. " stands outside $ ... $ and would be lost: " .. raw.text)
  end
end

function RawInline(raw)
  if raw.format ~= "typst" then
    fault("this " .. raw.format .. " stands outside $ ... $ and would be lost: " .. raw.text)
  end
end

-- Statements -----------------------------------------------------------------------------------

local kinds = {}
for kind, name in pairs {
  definition = "تعریف", proposition = "گزاره", theorem = "قضیه", lemma = "لم",
  corollary = "نتیجه", proof = "برهان", remark = "تبصره", assumption = "فرض", example = "مثال",
  question = "پرسش", answer = "پاسخ",
} do
  kinds[kind] = kind
  kinds[name] = kind
end

-- A proof ends with one square at the margin, whether or not its author has set one.
local function end_proof(blocks)
  local mark = pandoc.RawInline("typst", "#proved")
  local last = blocks[#blocks]
  if last.t ~= "Para" then
    blocks:insert(pandoc.Para { mark })
    return
  end
  local tail = last.content[#last.content]
  if tail.t == "RawInline" and tail.text:match('^#inline%-equation%("\\\\square"') then
    last.content:remove()
  end
  last.content:insert(mark)
end

function BlockQuote(quote)
  local first = quote.content[1]
  if not first or first.t ~= "Para" or first.content[1].t ~= "Strong" then return nil end
  local kind = kinds[stringify(first.content[1]):match("^[^%s.(]+"):lower()]
  if not kind then return nil end
  if kind == "proof" then end_proof(quote.content) end
  return wrapped("#statement(" .. quoted(kind) .. ")[", quote.content, "]")
end

return {
  { Meta = function(meta) persian = stringify(meta.lang or "") == "fa" end },
  { RawBlock = RawBlock },
  { Math = Math, Cite = Cite, Image = Image, CodeBlock = CodeBlock, RawInline = RawInline },
  { Figure = Figure, Div = Div, Span = Span, BlockQuote = BlockQuote },
  { Table = function(block)
      return set_table(block, nil, block.identifier)
    end },
}
